import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ended } from '../../support/cli-process.ts';
import { startCli } from '../../support/cli-process.ts';
import { filesUnder } from '../../support/files-under.ts';
import type { Origin } from '../../support/origin.ts';
import { patternBytes } from '../../support/pattern.ts';
import { othersThan } from '../left-behind.ts';

/** Before which change to the disk the process is killed: `rename out/.large.bin.piecework-….part`. */
export interface KillPoint {
  readonly before: RegExp;
  /** The how manieth that fits. */
  readonly nth: number;
}

export interface Played {
  /** How many of the kills there were before the command came to its end. */
  readonly kills: number;
  /** What is not as it has to be; empty = all is well. */
  readonly faults: readonly string[];
}

/** Too large for one buffer: a transfer in pieces. */
const LARGE_BYTES = 9 * 1024 ** 2;
const FILES: ReadonlyMap<string, Buffer> = new Map([
  ['1.bin', Buffer.from('one')],
  ['large.bin', patternBytes(0, LARGE_BYTES, 3)],
  ['2.bin', Buffer.from('the second')],
  ['3.bin', Buffer.from('and the third')],
]);
/** Watches each change to the disk of a process that is started with `--import` of this. */
export const HOOK = fileURLToPath(new URL('hook.ts', import.meta.url));
export function serveFiles(origin: Origin): void {
  // With a time: what is there is known by it, and its source is not taken for another version.
  const lastModified = 'Tue, 03 Nov 2026 10:00:00 GMT';
  for (const [name, bytes] of FILES) origin.serve(`/${name}`, { bytes, etag: `"${name}"`, lastModified });
}

/** The changes to the disk of a batch that nothing interrupts, in their order. */
export async function changesOf(origin: Origin): Promise<readonly string[]> {
  await using bench = await openBench(origin);
  const log = join(tmpdir(), `piecework-changes-${process.pid}`);
  try {
    await bench.batch({ KILL_LOG: log });
    return (await readFile(log, 'utf8')).trimEnd().split('\n');
  } finally {
    await rm(log, { force: true });
  }
}

/**
 * A batch of small files and a large one, killed before one change; then the same command, killed as well while there
 * are further points; then once more to its end, and `clean`.
 */
export async function playPoints(origin: Origin, points: readonly KillPoint[]): Promise<Played> {
  await using bench = await openBench(origin);
  let kills = 0;
  const faults: string[] = [];
  for (const { before, nth } of points) {
    const killed = await bench.batch({ KILL_BEFORE: before.source, KILL_NTH: String(nth) });
    if (killed.signal === 'SIGKILL') kills += 1;
    else faults.push(...ended('the batch', killed));
  }
  faults.push(...ended('the same batch', await bench.batch()), ...(await bench.besideFiles()));
  faults.push(...ended('clean', await bench.clean()));
  for (const [name, bytes] of FILES) {
    const there = await readFile(join(bench.out, name)).catch(() => undefined);
    if (there?.equals(bytes) !== true) faults.push(`${name} has ${there?.length} bytes, which are not the right ones`);
  }
  return { kills, faults: [...faults, ...(await bench.leftOvers())] };
}

function ended(what: string, { exitCode, stderr }: Ended): string[] {
  return exitCode === 0 ? [] : [`${what} ended with ${exitCode}: ${stderr.slice(-500)}`];
}

async function openBench(origin: Origin) {
  const home = await mkdtemp(join(tmpdir(), 'piecework-kill-point-'));
  const out = join(home, 'out');
  const list = join(home, 'list.csv');
  const report = join(home, 'report.jsonl');
  const rows = [...FILES].map(([name, bytes]) => `${origin.base}/${name},${bytes.length}\n`);
  await writeFile(list, ['url,size\n', ...rows].join(''));
  const run = (args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended> =>
    startCli(args, {
      cwd: home,
      environment:
        environment === undefined
          ? { HOME: home }
          : { HOME: home, NODE_OPTIONS: `--import ${HOOK}`, KILL_UNDER: home, ...environment },
    }).ended;
  return {
    out,
    batch: (environment?: Readonly<Record<string, string>>) =>
      run(['batch', list, out, '--quiet', '--report', report], environment),
    clean: () => run(['clean']),
    /** Hidden files where the user looks for none: the same command is to leave none, without a `clean`. */
    async besideFiles(): Promise<readonly string[]> {
      const names = (await filesUnder(out)).map((path) => relative(out, path));
      return names.filter((name) => !FILES.has(name)).map((name) => `beside the files: ${name}`);
    },
    async leftOvers(): Promise<readonly string[]> {
      const wanted = new Set([report, ...[...FILES.keys()].map((name) => join(out, name))]);
      return (await othersThan(home, wanted)).map((path) => `left behind: ${path}`);
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}
