import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ended } from '../../support/cli-process.ts';
import { startCli } from '../../support/cli-process.ts';
import { filesUnder } from '../../support/files-under.ts';
import type { Origin } from '../../support/origin.ts';
import { patternBytes } from '../../support/pattern.ts';

/** Before which change to the disk the process is killed: `rename out/.large.bin.piecework-….part`. */
export interface KillPoint {
  readonly before: RegExp;
  /** The how manieth that fits. */
  readonly nth: number;
}

export interface PlayedPoint {
  /** False = the command came to its end before. */
  readonly wasKilled: boolean;
  /** What is not as it has to be; empty = all is well. */
  readonly faults: readonly string[];
}

/** Too large for one buffer: a transfer in pieces. */
const LARGE_BYTES = 9 * 1024 ** 2;
const FILES: ReadonlyMap<string, Buffer> = new Map([
  ['1.bin', Buffer.from('one')],
  ['large.bin', patternBytes(0, LARGE_BYTES, 3)],
  ['2.bin', Buffer.from('the second')],
]);
/** Watches each change to the disk of a process that is started with `--import` of this. */
export const HOOK = fileURLToPath(new URL('hook.ts', import.meta.url));
/** Rooms of the state folder in which nothing stays of what has ended or was given up. */
const ROOMS = ['locks', 'active', 'shards', 'sealed'];

export function serveFiles(origin: Origin): void {
  for (const [name, bytes] of FILES) origin.serve(`/${name}`, { bytes, etag: `"${name}"` });
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

/** A batch of two small files and a large one, killed before one change; then the same command again, then `clean`. */
export async function playPoint(origin: Origin, { before, nth }: KillPoint): Promise<PlayedPoint> {
  await using bench = await openBench(origin);
  const killed = await bench.batch({ KILL_BEFORE: before.source, KILL_NTH: String(nth) });
  if (killed.signal !== 'SIGKILL') return { wasKilled: false, faults: ended('the batch', killed) };
  const faults = [...ended('the same batch', await bench.batch()), ...ended('clean', await bench.clean())];
  for (const [name, bytes] of FILES) {
    const there = await readFile(join(bench.out, name)).catch(() => undefined);
    if (there?.equals(bytes) !== true) faults.push(`${name} has ${there?.length} bytes, which are not the right ones`);
  }
  return { wasKilled: true, faults: [...faults, ...(await bench.leftOvers())] };
}

function ended(what: string, { exitCode, stderr }: Ended): string[] {
  return exitCode === 0 ? [] : [`${what} ended with ${exitCode}: ${stderr.slice(-500)}`];
}

async function openBench(origin: Origin) {
  const home = await mkdtemp(join(tmpdir(), 'piecework-kill-point-'));
  const out = join(home, 'out');
  const list = join(home, 'list.txt');
  await writeFile(list, [...FILES.keys()].map((name) => `${origin.base}/${name}\n`).join(''));
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
      run(['batch', list, out, '--quiet', '--report', join(home, 'report.jsonl')], environment),
    clean: () => run(['clean']),
    async leftOvers(): Promise<readonly string[]> {
      const beside = (await filesUnder(out)).filter((path) => !FILES.has(path.slice(out.length + 1)));
      const state = join(home, '.local', 'state', 'piecework');
      const inRooms = await Promise.all(
        ROOMS.map(async (room) => (await readdir(join(state, room)).catch(() => [])).map((name) => `${room}/${name}`)),
      );
      return [...beside, ...inRooms.flat()].map((path) => `left behind: ${path}`);
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}
