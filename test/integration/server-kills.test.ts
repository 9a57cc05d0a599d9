import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServer } from '../support/server-process.ts';

// Many transfers, few at a time, and a server that is killed again and again.

vi.setConfig({ testTimeout: 180_000 });

const COUNT = 200;
const KILLS = 3;
const BYTES = patternBytes(0, 3 * 1024 ** 2);

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-kills-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const start = () => startServer(folder, ['--listen', '127.0.0.1:0', '--running', '8']);

async function completed({ client }: ServerProcess): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await client.list({ status: 'completed', limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    count += page.transfers.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return count;
}

test('200 transfers, eight at a time, through three kills: all end right, and nothing is left', async () => {
  const url = origin.serve('/file.bin', rangesOf(BYTES));
  {
    await using server = await start();
    const places = Array.from({ length: COUNT }, (_, number) => join(folder, `out-${number}`));
    await Promise.all(places.map((destination) => server.client.submit({ source: { url }, destination })));
  }
  for (let kill = 0; kill < KILLS; kill += 1) {
    await using server = await start();
    const before = await completed(server);
    // Somewhere in the middle of what comes next.
    const more = 5 + Math.floor(Math.random() * 30);
    await vi.waitFor(async () => expect(await completed(server)).toBeGreaterThanOrEqual(before + more), {
      timeout: 60_000,
    });
    server.process.kill('SIGKILL');
    await server.ended;
  }
  await using server = await start();
  await vi.waitFor(async () => expect(await completed(server)).toBe(COUNT), { timeout: 120_000, interval: 500 });
  // A record says `completed` a moment before its run has ended.
  const none = { running: 0, waiting: 0, paused: 0 };
  await vi.waitFor(async () => expect((await server.client.service()).counts).toEqual(none), { timeout: 60_000 });
  const names = (await readdir(folder)).filter((name) => name !== 'state');
  expect(names).toHaveLength(COUNT);
  for (const name of names) expect((await readFile(join(folder, name))).equals(BYTES)).toBe(true);
});
