import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import { heldSource, rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServer } from '../support/server-process.ts';

// The queue of `piecework serve`: pause, resume, priorities, order; and all of it after a kill.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 40 * MIB);
const PIECE = 4 * MIB;
const WAIT = { timeout: 20_000 };

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-queue-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const out = (name = 'out.bin') => join(folder, name);
const start = (...more: string[]) => startServer(folder, ['--listen', '127.0.0.1:0', ...more]);
async function cli(...args: string[]) {
  const ended = await startCli([...args, '--state-dir', `${folder}/state`], { cwd: folder }).ended;
  return { ...ended, stdout: String(ended.stdout) };
}

const held = (path?: string) => heldSource(origin, BYTES, path);

function submit({ client }: ServerProcess, url: string, more: object = {}, to = out()) {
  return client.submit({
    source: { url },
    destination: to,
    options: { pieceSizeBytes: PIECE, parallelism: 2 },
    ...more,
  });
}

test('paused, it begins nothing more, keeps what it has, and goes on with the rest; its secret is not asked for again', async () => {
  const { url, gate } = held();
  await using server = await start();
  const { client } = server;
  const { id } = await submit(server, `${url}?signature=abc`);
  await vi.waitFor(() => expect(gate.waiting).toBe(2), WAIT);
  expect(await client.pause(id)).toMatchObject({ id, paused: true });
  gate.open();
  await vi.waitFor(
    async () => expect((await client.service()).counts).toEqual({ running: 0, waiting: 0, paused: 1 }),
    WAIT,
  );
  const { status, pieces } = await client.get(id);
  expect([status, (pieces?.doneCount ?? 0) > 2, (pieces?.doneCount ?? 0) < 10]).toEqual(['transferring', true, true]);
  const before = origin.requests.length;
  expect(await client.resume(id)).not.toHaveProperty('paused');
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed', run: 1 });
  expect((await readFile(out())).equals(BYTES)).toBe(true);
  expect(origin.requests.length - before).toBeLessThanOrEqual(10 - (pieces?.doneCount ?? 0));
  await expect(client.pause(id)).rejects.toMatchObject({ code: 'TransferEnded' });
});

test('what is paused stays so after a kill, and after a pause of all', async () => {
  const { url, gate } = held();
  let one: string;
  let other: string;
  {
    await using server = await start();
    ({ id: one } = await submit(server, url));
    ({ id: other } = await submit(server, url, { paused: true }, out('other.bin')));
    await vi.waitFor(() => expect(gate.waiting).toBe(2), WAIT);
    expect(await server.client.pauseAll()).toMatchObject({ paused: true });
    server.process.kill('SIGKILL');
    await server.ended;
  }
  gate.open();
  const before = origin.requests.length;
  await using server = await start();
  const { client } = server;
  await vi.waitFor(
    async () => expect((await client.service()).counts).toEqual({ running: 0, waiting: 1, paused: 1 }),
    WAIT,
  );
  expect(origin.requests.length).toBe(before);
  expect(await client.get(other)).toMatchObject({ status: 'accepted', paused: true });
  expect(await client.resumeAll()).toMatchObject({ paused: false });
  expect(await server.untilEnded(one)).toMatchObject({ status: 'completed' });
  expect(await client.get(other)).toMatchObject({ status: 'accepted', paused: true });
  await client.resume(other);
  expect(await server.untilEnded(other)).toMatchObject({ status: 'completed' });
});

test('resumed while the last pieces still come, it goes on after them', async () => {
  const { url, gate } = held();
  await using server = await start();
  const { id } = await submit(server, url);
  await vi.waitFor(() => expect(gate.waiting).toBe(2), WAIT);
  await server.client.pause(id);
  await server.client.resume(id);
  gate.open();
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' });
  expect((await readFile(out())).equals(BYTES)).toBe(true);
});

test('all paused while one runs: it goes on when all go on', async () => {
  const { url, gate } = held();
  await using server = await start();
  const { id } = await submit(server, url);
  await vi.waitFor(() => expect(gate.waiting).toBe(2), WAIT);
  await server.client.pauseAll();
  gate.open();
  await vi.waitFor(
    async () => expect((await server.client.service()).counts).toEqual({ running: 0, waiting: 1, paused: 0 }),
    WAIT,
  );
  expect((await server.client.get(id)).status).toBe('transferring');
  await server.client.resumeAll();
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' });
});

test('what waits runs by priority, then in the order that was chosen, which holds over a restart', async () => {
  const { url, gate } = held();
  const small = origin.serve('/small.bin', rangesOf(BYTES.subarray(0, 1000)));
  const names = ['a', 'b', 'c', 'd'];
  const ids: Record<string, string> = {};
  {
    await using server = await start('--running', '1');
    await submit(server, url);
    await vi.waitFor(() => expect(gate.waiting).toBe(2), WAIT);
    for (const name of names) ({ id: ids[name] } = await submit(server, small, {}, out(name)));
    const { client } = server;
    expect(await client.get(ids['d'] ?? '')).toMatchObject({ waitingPosition: 4 });
    expect(await client.arrange(ids['d'] ?? '', { priority: 1 })).toMatchObject({ priority: 1, waitingPosition: 1 });
    await client.arrange(ids['c'] ?? '', { position: 'first' });
    const moved = await cli('queue', ids['a'] ?? '', '--last');
    expect(moved).toMatchObject({ exitCode: 0, stdout: `${ids['a']} accepted, waits as number 4\n` });
    const shown = await cli('queue', '--json');
    expect(JSON.parse(shown.stdout).waiting.map(({ id }: { readonly id: string }) => id)).toEqual(
      ['d', 'c', 'b', 'a'].map((name) => ids[name]),
    );
    server.process.kill('SIGKILL');
    await server.ended;
  }
  gate.open();
  await using server = await start('--running', '1');
  for (const name of names) await server.untilEnded(ids[name] ?? '');
  const ended = server.lines.filter(({ type }) => type === 'completed').map(({ transferId }) => transferId);
  expect(ended.filter((id) => names.some((name) => ids[name] === id))).toEqual(
    ['d', 'c', 'b', 'a'].map((name) => ids[name]),
  );
});

test('the command line pauses, resumes and submits with a priority; without a server it says so', async () => {
  const { url, gate } = held();
  {
    await using server = await start();
    const given = await cli('submit', '--paused', '--priority', '7', url, out());
    const id = given.stdout.trim();
    expect(await server.client.get(id)).toMatchObject({ paused: true, priority: 7 });
    expect((await cli('resume', id.slice(0, 20))).stdout).toContain(`${id} accepted`);
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), WAIT);
    expect((await cli('pause', '--all')).stdout).toBe('all paused\n');
    expect((await cli('pause', id)).stdout).toBe(`${id} transferring, paused, priority 7\n`);
    expect((await cli('resume', '--all')).stdout).toBe('all go on\n');
    expect(await cli('pause')).toMatchObject({ exitCode: 2 });
    expect(await cli('pause', '--all', id)).toMatchObject({ exitCode: 2 });
  }
  const none = await cli('pause', '--all');
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('no piecework serve runs')]);
});

test('limits are changed while it runs, for what is under way, too, and are kept', async () => {
  const url = origin.serve('/file.bin', rangesOf(BYTES));
  {
    await using server = await start('--limit-rate', '1KiB', '--running', '3', '--connections', '5');
    const { id } = await submit(server, url);
    await vi.waitFor(async () => expect((await server.client.get(id)).status).toBe('transferring'), WAIT);
    const changed = await cli('limits', '--limit-rate', '0:00=1GiB', '--running', '2', '--host-connections', '4');
    expect(changed.stdout).toMatch(
      /^running: +2\nconnections: +5\nto one host: +4\nrate: +0:00=1GiB\nrate now: +1 GiB\/s\n$/,
    );
    // At 1 KiB a second it would take hours.
    expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' });
    await expect(server.client.limit({ limitRate: 'fast' })).rejects.toMatchObject({ code: 'InvalidOption' });
    server.process.kill('SIGKILL');
    await server.ended;
  }
  await using server = await start('--limit-rate', '1KiB', '--running', '3', '--connections', '6');
  expect((await server.client.service()).limits).toMatchObject({
    running: 2,
    connections: 6,
    perHost: 4,
    limitRate: '0:00=1GiB',
  });
});
