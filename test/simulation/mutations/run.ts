import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { BATCH_MUTATIONS } from './batch-mutations.ts';
import { LOAD_MUTATIONS } from './load-mutations.ts';
import { MACHINE_MUTATIONS } from './machine-mutations.ts';
import type { Mutation } from './mutation.ts';
import { mutated } from './mutation.ts';
import { MUTATIONS } from './mutations.ts';

/**
 * `npm run mutate`: proves that the simulation bites. Each mutation is made in a copy of the code, and the simulation
 * must break an invariant there within `--seeds`. `--only WORDS` takes those whose name holds the words.
 */

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, only: { type: 'string', default: '' } },
});
const ROOT = join(import.meta.dirname, '../../..');

interface Verdict {
  readonly seed?: number;
  readonly found: string;
}

async function judge(mutation: Mutation): Promise<Verdict> {
  const copy = await mkdtemp(join(tmpdir(), 'piecework-mutation-'));
  try {
    for (const name of ['lib', 'test/simulation', 'test/support', 'package.json'])
      await cp(join(ROOT, name), join(copy, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const file = join(copy, mutation.file);
    await writeFile(file, mutated(await readFile(file, 'utf8'), mutation));
    return await simulate(copy, mutation);
  } catch (error) {
    return { found: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function simulate(copy: string, { file, home, from = 1 }: Mutation): Promise<Verdict> {
  const args = /^lib\/(pipeline|transfer)\/batch\//.test(file)
    ? ['test/simulation/batches/run.ts', '--seeds', values.seeds]
    : [
        'test/simulation/run.ts',
        '--seeds',
        values.seeds,
        '--jobs',
        '1',
        '--from',
        String(from),
        ...(home === 'machine' ? ['--machine'] : []),
      ];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const found = /^seed (\d+): (.*)$/m.exec(out);
  if (found !== null) return { seed: Number(found[1]), found: found[2] ?? '' };
  // A mutation that does not even run says nothing about the simulation.
  return { found: err === '' ? `NOT CAUGHT within ${values.seeds} seeds` : `DOES NOT RUN: ${err.slice(0, 400)}` };
}

const wanted = [...MUTATIONS, ...LOAD_MUTATIONS, ...MACHINE_MUTATIONS, ...BATCH_MUTATIONS].filter(({ name }) =>
  name.includes(values.only),
);
const uncaught: string[] = [];
let next = 0;
async function work(): Promise<void> {
  for (let mutation = wanted[next++]; mutation !== undefined; mutation = wanted[next++]) {
    const { seed, found } = await judge(mutation);
    if (seed === undefined) uncaught.push(mutation.name);
    console.log(
      `${seed === undefined ? '✗' : `seed ${String(seed).padStart(3)}`}  ${mutation.name}\n          ${found}`,
    );
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work));
console.log(`${wanted.length} mutations, ${wanted.length - uncaught.length} caught`);
if (uncaught.length > 0) console.log(`not caught: ${uncaught.join('; ')}`);
process.exitCode = uncaught.length === 0 ? 0 : 1;
