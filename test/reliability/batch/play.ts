import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../../lib/index.ts';
import type { Ended } from '../../support/cli-process.ts';
import { reached, startCli } from '../../support/cli-process.ts';
import { startOrigin } from '../../support/origin.ts';
import { outcomesIn } from '../../support/outcomes.ts';
import { othersThan } from '../left-behind.ts';
import type { BatchDouble } from './double.ts';
import { serveBatch } from './double.ts';
import type { BatchPlan, PlannedFile } from './plan.ts';
import { bytesOf, plannedFiles, rowOf } from './plan.ts';

export interface PlayedBatch {
  readonly entries: number;
  readonly kills: number;
  /** Requests at the source until the batch had ended, and of the run after it. */
  readonly requests: readonly [first: number, second: number];
  readonly seconds: readonly [first: number, second: number];
  /** What is not as it has to be; empty = all is well. */
  readonly faults: readonly string[];
}

/** A run may be killed before its first request, too. */
const EARLY_MS = 1_500;
const MOST_FAULTS = 20;

/**
 * A batch of the real command line against a server of this process, killed (SIGKILL) at random moments until it has
 * come to its end, and run once more after what failed was mended at the server.
 */
export async function playBatch(
  plan: BatchPlan,
  kills: number,
  random: () => number,
  say: (text: string) => void = () => {},
): Promise<PlayedBatch> {
  await using things = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'piecework-batch-rounds-'));
  things.defer(() => rm(home, { recursive: true, force: true }));
  const origin = things.use(await startOrigin());
  const files = plannedFiles(plan);
  const double = serveBatch(origin, files);
  const list = join(home, 'list.csv');
  await writeFile(list, `url,name,size,sha256\n${files.map((file) => `${rowOf(file, origin.base)}\n`).join('')}`);
  const args = (report: string) => ['batch', list, join(home, 'out'), '--quiet', '--report', join(home, report)];
  const start = (report: string) => startCli(args(report), { cwd: home, environment: { HOME: home } });
  const faults: string[] = [];

  let startedAt = Date.now();
  let killed = 0;
  let ended: Ended | undefined;
  const moments = Array.from({ length: kills }, () => random()).sort((a, b) => a - b);
  for (const moment of moments) {
    const cli = start('first.jsonl');
    const laterMs = random() * EARLY_MS;
    let isThere = await reached(() => double.total >= moment * files.length, cli);
    if (isThere) {
      await sleep(laterMs);
      isThere = cli.process.exitCode === null;
    }
    cli.process.kill('SIGKILL');
    ended = await cli.ended;
    if (!isThere) break;
    killed += 1;
    say(`killed after ${double.total} requests`);
  }
  if (killed === kills) ended = await start('first.jsonl').ended;
  const firstSeconds = (Date.now() - startedAt) / 1000;
  const firstRequests = double.total;
  if (ended?.exitCode !== 9) faults.push(`the batch ended with ${ended?.exitCode}: ${ended?.stderr.slice(-500)}`);
  faults.push(...wrongOutcomes(files, await outcomesAt(join(home, 'first.jsonl')), 'first'));
  faults.push(...(await wrongBytes(files, double, join(home, 'out'), 'first')));

  double.heal();
  const before = new Map(files.map((file) => [file, double.asked(file)]));
  startedAt = Date.now();
  const again = await start('second.jsonl').ended;
  const secondSeconds = (Date.now() - startedAt) / 1000;
  if (again.exitCode !== 0) faults.push(`the second run ended with ${again.exitCode}: ${again.stderr.slice(-500)}`);
  faults.push(...wrongOutcomes(files, await outcomesAt(join(home, 'second.jsonl')), 'second'));
  faults.push(...(await wrongBytes(files, double, join(home, 'out'), 'second')));
  for (const file of files) {
    const times = double.asked(file) - (before.get(file) ?? 0);
    if (!file.isLarge && times > 1) faults.push(`${file.number} was asked for ${times} times in the second run`);
  }
  // What was killed before it had a plan waits for that (protocol, rule 16 and §6).
  const cleaned = await startCli(['clean'], { cwd: home, environment: { HOME: home } }).ended;
  if (cleaned.exitCode !== 0) faults.push(`clean ended with ${cleaned.exitCode}: ${cleaned.stderr.slice(-500)}`);
  faults.push(...(await leftOvers(home, files)).map((path) => `left behind: ${path}`));
  return {
    entries: files.length,
    kills: killed,
    requests: [firstRequests, double.total - firstRequests],
    seconds: [firstSeconds, secondSeconds],
    faults: faults.slice(0, MOST_FAULTS),
  };
}

/** None where there is no report. */
async function outcomesAt(path: string): Promise<readonly Outcome[]> {
  return outcomesIn(await readFile(path, 'utf8').catch(() => ''));
}

function wrongOutcomes(files: readonly PlannedFile[], outcomes: readonly Outcome[], run: 'first' | 'second'): string[] {
  const faults: string[] = [];
  if (outcomes.length !== files.length) faults.push(`${run}: ${outcomes.length} outcomes of ${files.length} entries`);
  for (const [index, file] of files.entries()) {
    const outcome = outcomes[index];
    const expected = run === 'first' ? file.cause : undefined;
    const came = outcome?.kind === 'failed' ? outcome.error?.code : undefined;
    const isThere = outcome?.kind === 'done' || outcome?.kind === 'unchanged';
    if (outcome?.entry !== file.number || came !== expected || isThere === (expected !== undefined))
      faults.push(`${run}: ${file.number} is ${outcome?.kind} ${came ?? ''}, planned was ${expected ?? 'done'}`);
    if (run === 'second' && file.cause !== undefined && outcome?.kind !== 'done')
      faults.push(`second: ${file.number} had failed, and is ${outcome?.kind}`);
  }
  return faults;
}

/** Each file that is there is one whole version; after the second run, the last one. */
async function wrongBytes(
  files: readonly PlannedFile[],
  double: BatchDouble,
  out: string,
  run: 'first' | 'second',
): Promise<string[]> {
  const faults: string[] = [];
  for (const file of files) {
    const there = await readFile(join(out, file.name)).catch(() => undefined);
    if (run === 'first' && file.cause !== undefined) {
      if (there !== undefined) faults.push(`first: ${file.number} is there, and has failed`);
      continue;
    }
    const versions = file.grows && run === 'first' ? ([1, 2] as const) : [double.versionOf(file)];
    if (there === undefined || !versions.some((version) => bytesOf(file, version).equals(there)))
      faults.push(`${run}: ${file.number} has ${there?.length} bytes, which are no whole version`);
  }
  return faults;
}

async function leftOvers(home: string, files: readonly PlannedFile[]): Promise<readonly string[]> {
  const reports = ['first.jsonl', 'second.jsonl'];
  const wanted = new Set([...reports, ...files.map(({ name }) => join('out', name))].map((name) => join(home, name)));
  return await othersThan(home, wanted);
}
