import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { formatDuration } from '../../lib/values/units.ts';
import { chanceFrom } from './chance.ts';
import { drawScenario } from './draw-scenario.ts';
import type { Outcome } from './history.ts';
import { runHistory } from './history.ts';
import { runSeeds } from './run-seeds.ts';

/**
 * `npm run simulate -- --seeds N --from S`, on as many threads as there are cores; or one history again,
 * step by step: `--seed S --trace`. `--machine` plays them on one machine, where no tick repairs anything.
 */

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(availableParallelism()) },
    'keep-going': { type: 'boolean', default: false },
    machine: { type: 'boolean', default: false },
  },
});

const HOME = values.machine ? 'machine' : 'deployment';

process.exitCode =
  values.seed === undefined
    ? await runMany(Number(values.from), Number(values.seeds))
    : await runOne(Number(values.seed), values.trace);

async function runOne(seed: number, isTraced: boolean): Promise<number> {
  if (isTraced) console.log(JSON.stringify(drawScenario(chanceFrom(seed)), withoutBytes, 1));
  const outcome = await runHistory(seed, isTraced ? (line) => console.log(line) : undefined, HOME);
  print([outcome]);
  return outcome.failure === undefined ? 0 : 1;
}

function withoutBytes(key: string, value: unknown): unknown {
  return key === 'bytes' && typeof value === 'object' ? undefined : value;
}

async function runMany(from: number, count: number): Promise<number> {
  const startedAt = performance.now();
  const outcomes = await runSeeds(
    { from, count, home: HOME, jobs: Number(values.jobs), goesOn: values['keep-going'] },
    (outcome) => console.log(`seed ${outcome.seed}: ${outcome.failure ?? ''}`),
  );
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  print(outcomes);
  console.log(
    `${outcomes.length} seeds in ${formatDuration(performance.now() - startedAt)}, ${failed.length} broke an invariant`,
  );
  const first = failed[0];
  if (first === undefined) return 0;
  console.log(
    `\nThe last steps of seed ${first.seed} (all of them: npm run simulate --${values.machine ? ' --machine' : ''} --seed ${first.seed} --trace):`,
  );
  const lines: string[] = [];
  await runHistory(first.seed, (line) => void lines.push(line), HOME);
  // An engine looks at its record each second, also while nothing happens.
  console.log(
    lines
      .filter((line) => !line.includes(' get transfers/'))
      .slice(-60)
      .join('\n'),
  );
  return 1;
}

function print(outcomes: readonly Outcome[]): void {
  const faults = total(outcomes.map((outcome) => outcome.faults));
  const situations = total(outcomes.map((outcome) => outcome.situations));
  const ends = total(outcomes.map((outcome) => outcome.ends));
  const steps = outcomes.reduce((sum, outcome) => sum + outcome.steps, 0);
  const simulatedMs = outcomes.reduce((sum, outcome) => sum + outcome.simulatedMs, 0);
  console.log(`steps   ${steps} in ${formatDuration(simulatedMs)} of simulated time`);
  console.log(`faults  ${list(faults)}`);
  console.log(`reached ${list(situations)}`);
  console.log(`ends    ${list(ends)}`);
  for (const { seed, failure } of outcomes) if (failure !== undefined) console.log(`BROKEN  seed ${seed}: ${failure}`);
}

function total(counts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const map of counts) for (const [name, count] of map) sum.set(name, (sum.get(name) ?? 0) + count);
  return sum;
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
