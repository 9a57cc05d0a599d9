import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOOK } from '../reliability/kill-points/play.ts';
import type { Ended } from '../support/cli-process.ts';
import { startCli } from '../support/cli-process.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';

// What a batch that was killed in the middle of a small put has written of it stands hidden beside its place. The next
// put takes it over; where there is none, it has to go as well.

let home: string;
let origin: Origin;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-left-puts-'));
  origin = await startOrigin();
  for (const name of ['1.bin', '2.bin']) origin.serve(`/${name}`, { bytes: Buffer.from(name), etag: `"${name}"` });
  await writeFile(join(home, 'list.txt'), `${origin.base}/1.bin\n${origin.base}/2.bin\n`);
  const killed = await run(['batch', 'list.txt', 'out', '--quiet', '--report', 'report.jsonl'], {
    NODE_OPTIONS: `--import ${HOOK}`,
    KILL_UNDER: home,
    KILL_BEFORE: 'rename .*2\\.bin\\.piecework-put-.*\\.part$',
  });
  expect(killed.signal).toBe('SIGKILL');
  expect(await hidden()).toHaveLength(1);
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return startCli(args, { cwd: home, environment: { HOME: home, ...environment } }).ended;
}

async function hidden(): Promise<readonly string[]> {
  return (await readdir(join(home, 'out'))).filter((name) => /^\..*2\.bin/.test(name));
}

test('the same command puts it again, and leaves nothing', async () => {
  expect((await run(['batch', 'list.txt', 'out', '--quiet', '--report', 'report.jsonl'])).exitCode).toBe(0);
  expect((await readdir(join(home, 'out'))).sort()).toEqual(['1.bin', '2.bin']);
});

test('the same command leaves nothing of an entry that fails by now', async () => {
  origin.remove('/2.bin');
  expect((await run(['batch', 'list.txt', 'out', '--quiet', '--report', 'report.jsonl'])).exitCode).toBe(9);
  expect(await readdir(join(home, 'out'))).toEqual(['1.bin']);
});

test('clean leaves nothing of a batch that it gives up', async () => {
  expect((await run(['clean'])).exitCode).toBe(0);
  expect(await hidden()).toEqual([]);
});

test('cancel leaves nothing of a batch that no process works on', async () => {
  const [name = ''] = await readdir(join(home, '.local', 'state', 'piecework', 'batches'));
  const cancelled = await run(['cancel', name.replace('.json', '')]);
  expect(cancelled.stderr).toBe('');
  expect(cancelled.exitCode).toBe(0);
  expect(await hidden()).toEqual([]);
});
