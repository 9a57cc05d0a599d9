import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BatchDetail } from '../../lib/api/schemas/batches/answers.ts';
import { Gate, rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServer } from '../support/server-process.ts';

// Batches of `piecework serve`, over its API.

vi.setConfig({ testTimeout: 120_000 });

const WAIT = { timeout: 60_000 };
const SMALL = patternBytes(0, 20_000);
/** More than one buffer: a transfer of its own. */
const LARGE = patternBytes(7, 20 * 1024 ** 2);

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-server-batches-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const start = (...more: string[]) => startServer(folder, ['--listen', '127.0.0.1:0', ...more]);
const into = (name = 'out') => `${join(folder, name)}/`;

/** URLs of so many small files. */
function served(count: number, prefix = 'f', pass?: () => Promise<void>): readonly string[] {
  return Array.from({ length: count }, (_, number) =>
    origin.serve(`/${prefix}-${number}.bin`, rangesOf(SMALL.subarray(0, 1000 + number), pass)),
  );
}

const entriesOf = (urls: readonly string[]) => urls.map((url) => ({ sources: [url] }));

async function untilEnded({ client }: ServerProcess, id: string): Promise<BatchDetail> {
  for (;;) {
    const batch = await client.getBatch(id, { waitSeconds: 5 });
    if (['completed', 'failed', 'cancelled'].includes(batch.status)) return batch;
  }
}

async function filesIn(name = 'out'): Promise<readonly string[]> {
  return (await readdir(into(name))).filter((file) => !file.startsWith('piecework-report-')).sort();
}

test('a list in the request: small and large, whole, with counters, outcomes and the report over the API', async () => {
  const urls = [...served(40), origin.serve('/large.bin', rangesOf(LARGE))];
  await using server = await start();
  const { client, server: at, token } = server;
  expect((await client.service()).features).toContain('batches');
  const { id, status, links } = await client.submitBatch({ entries: entriesOf(urls), destination: into() });
  expect([status, links.self]).toEqual(['accepted', `/v1/batches/${id}`]);
  const ended = await untilEnded(server, id);
  expect(ended).toMatchObject({ status: 'completed', run: 1, owner: 'local', counters: { done: 41, failed: 0 } });
  expect(ended.list).toMatchObject({ from: 'the request', entries: 41 });
  expect(await filesIn()).toHaveLength(41);
  expect((await readFile(`${into()}large.bin`)).equals(LARGE)).toBe(true);
  expect((await readFile(`${into()}f-39.bin`)).equals(SMALL.subarray(0, 1039))).toBe(true);
  const { outcomes } = await client.outcomes(id, { limit: 100 });
  expect(outcomes.map(({ entry }) => entry).sort((a, b) => a - b)).toEqual(urls.map((_, index) => index + 1));
  const report = await fetch(`${at.url}/v1/batches/${id}/report`, { headers: { authorization: `Bearer ${token}` } });
  expect([report.status, report.headers.get('content-type')]).toEqual([200, 'application/jsonl']);
  expect((await report.text()).trim().split('\n')).toHaveLength(41);
  expect((await client.listBatches()).batches.map((batch) => batch.id)).toEqual([id]);
  expect((await client.list()).transfers).toEqual([]);
  expect(server.lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['batch.accepted', 'batch.completed']));
});

test('a list in a file of the machine, and one at a URL', async () => {
  const list = join(folder, 'urls.txt');
  await writeFile(list, served(10).join('\n'));
  const remote = origin.serve('/list.txt', { bytes: Buffer.from(served(10, 'g').join('\n')) });
  await using server = await start();
  for (const [index, url] of [pathToFileURL(list).href, remote].entries()) {
    const to = into(`out-${index}`);
    const { id } = await server.client.submitBatch({ list: { url, reading: { limit: 7 } }, destination: to });
    expect(await untilEnded(server, id)).toMatchObject({
      status: 'completed',
      counters: { done: 7 },
      list: { entries: 7 },
    });
    expect(await filesIn(`out-${index}`)).toHaveLength(7);
  }
});

test('what failed is said by its cause, and brought by a retry, and nothing else is asked for', async () => {
  const urls = served(20);
  const lacking = `${origin.base}/late.bin`;
  await using server = await start();
  const { client } = server;
  const { id } = await client.submitBatch({ entries: entriesOf([...urls, lacking]), destination: into() });
  const first = await untilEnded(server, id);
  expect(first).toMatchObject({ status: 'completed', counters: { done: 20, failed: 1 } });
  expect(first.failures).toMatchObject([{ code: 'SourceNotFound', count: 1 }]);
  origin.serve('/late.bin', rangesOf(SMALL));
  const before = origin.requests.length;
  expect(await client.retryBatch(id)).toMatchObject({ id, run: 2 });
  const second = await untilEnded(server, id);
  expect(second).toMatchObject({ status: 'completed', run: 2, counters: { done: 21, failed: 0 } });
  expect(origin.requests.slice(before).map(({ url }) => url)).toEqual(['/late.bin']);
  await expect(client.retryBatch(id)).rejects.toMatchObject({ code: 'BatchEnded' });
});

test('two batches at once, beside a transfer, each to its place; a second one to a place is refused', async () => {
  const gate = new Gate();
  const [held, free] = [served(30, 'a', () => gate.pass()), served(30, 'b')];
  await using server = await start();
  const { client } = server;
  const one = await client.submitBatch({ entries: entriesOf(held), destination: into('a') });
  await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), WAIT);
  const refused = client.submitBatch({ entries: entriesOf(free), destination: into('a') });
  await expect(refused).rejects.toMatchObject({ code: 'DestinationLocked', message: expect.stringContaining(one.id) });
  const other = await client.submitBatch({ entries: entriesOf(free), destination: into('b') });
  expect((await client.service()).counts).toMatchObject({ running: expect.any(Number) });
  gate.open();
  for (const [id, name] of [
    [one.id, 'a'],
    [other.id, 'b'],
  ] as const) {
    expect(await untilEnded(server, id)).toMatchObject({ status: 'completed', counters: { done: 30 } });
    expect(await filesIn(name)).toHaveLength(30);
  }
});

test('cancelled: nothing more is begun, each entry has its outcome, and the report is there', async () => {
  const gate = new Gate();
  const urls = served(60, 'f', () => gate.pass());
  await using server = await start();
  const { client } = server;
  const { id } = await client.submitBatch({ entries: entriesOf(urls), destination: into() });
  await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(3), WAIT);
  expect(await client.cancelBatch(id)).toMatchObject({ id, ending: { code: 'Cancelled' } });
  const ended = await untilEnded(server, id);
  gate.open();
  expect(ended).toMatchObject({ status: 'cancelled', reason: { code: 'Cancelled' } });
  const { cancelled, done } = ended.counters;
  expect(cancelled + done).toBe(60);
  expect(cancelled).toBeGreaterThan(40);
  expect((await readFile(ended.report ?? '', 'utf8')).trim().split('\n')).toHaveLength(60);
  await expect(client.cancelBatch(id)).rejects.toMatchObject({ code: 'BatchEnded' });
  expect(await client.retryBatch(id)).toMatchObject({ run: 2 });
  expect(await untilEnded(server, id)).toMatchObject({ status: 'completed', counters: { cancelled: 0 } });
});

test('paused, it begins nothing more, also after a kill; resumed, it goes on with the rest', async () => {
  const gate = new Gate();
  const urls = served(50, 'f', () => gate.pass());
  let id: string;
  {
    await using server = await start();
    const { client } = server;
    ({ id } = await client.submitBatch({ entries: entriesOf(urls), destination: into() }));
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(3), WAIT);
    expect(await client.pauseBatch(id)).toMatchObject({ id, paused: true });
    gate.open();
    await vi.waitFor(
      async () => expect((await client.service()).counts).toEqual({ running: 0, waiting: 0, paused: 1 }),
      WAIT,
    );
    const { status, counters } = await client.getBatch(id);
    expect(status).toBe('running');
    // What was under way has come to its end.
    expect(counters.done).toBeGreaterThan(3);
    expect(counters.done).toBeLessThan(50);
    server.process.kill('SIGKILL');
    await server.ended;
  }
  const before = origin.requests.length;
  await using server = await start();
  const { client } = server;
  await vi.waitFor(async () => expect((await client.service()).counts).toMatchObject({ paused: 1 }), WAIT);
  const { paused, counters } = await client.getBatch(id);
  expect(paused).toBe(true);
  expect(origin.requests.length).toBe(before);
  expect(await client.resumeBatch(id)).not.toHaveProperty('paused');
  expect(await untilEnded(server, id)).toMatchObject({ status: 'completed', counters: { done: 50 } });
  expect(origin.requests.length - before).toBe(50 - counters.done);
  expect(await filesIn()).toHaveLength(50);
});

test('killed in the middle, it goes on by itself with what is missing, large entries by their pieces', async () => {
  const gate = new Gate();
  const urls = [...served(300), ...served(4, 'held', () => gate.pass())];
  const large = origin.serve(
    '/large.bin',
    rangesOf(LARGE, async (range) => {
      if (!range.startsWith('bytes=0-')) await gate.pass();
    }),
  );
  let id: string;
  let written: readonly string[] = [];
  {
    await using server = await start();
    const { client } = server;
    ({ id } = await client.submitBatch({ entries: entriesOf([...urls, large]), destination: into() }));
    // Written, and not only in memory.
    await vi.waitFor(async () => {
      const { outcomes } = await client.outcomes(id, { limit: 1000 });
      expect(outcomes.length).toBeGreaterThan(200);
      written = outcomes.map(({ source }) => new URL(source).pathname);
    }, WAIT);
    server.process.kill('SIGKILL');
    await server.ended;
  }
  gate.open();
  const before = origin.requests.length;
  await using server = await start();
  const ended = await untilEnded(server, id);
  expect(ended).toMatchObject({ id, status: 'completed', run: 1, counters: { done: 305, failed: 0 } });
  const asked = origin.requests.slice(before).map(({ url }) => url);
  expect(asked.filter((url) => written.includes(url))).toEqual([]);
  expect((await readFile(`${into()}large.bin`)).equals(LARGE)).toBe(true);
  expect(await filesIn()).toHaveLength(305);
});

test('SIGTERM: what is under way comes to its end, and the next start goes on', async () => {
  const gate = new Gate();
  const urls = served(40, 'f', () => gate.pass());
  let id: string;
  {
    await using server = await start('--drain', '30s');
    ({ id } = await server.client.submitBatch({ entries: entriesOf(urls), destination: into() }));
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(3), WAIT);
    const waiting = gate.waiting;
    server.process.kill('SIGTERM');
    await vi.waitFor(async () => {
      const ready = await fetch(`${server.server.url}/v1/ready`).then(({ status }) => status);
      expect(ready).toBe(503);
    }, WAIT);
    gate.open();
    expect((await server.ended).exitCode).toBe(0);
    const there = (await filesIn()).length;
    expect(there).toBeGreaterThanOrEqual(waiting);
    expect(there).toBeLessThan(40);
  }
  const before = origin.requests.length;
  const there = (await filesIn()).length;
  await using server = await start();
  expect(await untilEnded(server, id)).toMatchObject({ status: 'completed', counters: { done: 40 } });
  expect(origin.requests.length - before).toBe(40 - there);
});

test('a bad list ends the batch with the line that is wrong, and nothing is left; unknown ids are unknown', async () => {
  const list = join(folder, 'bad.csv');
  const [a = '', b = ''] = served(2);
  await writeFile(list, `url,name\n${a},one.bin\n${b},one.bin\n`);
  await using server = await start();
  const { client } = server;
  const { id } = await client.submitBatch({ list: { url: pathToFileURL(list).href }, destination: into() });
  const ended = await untilEnded(server, id);
  expect(ended).toMatchObject({ status: 'failed', reason: { code: 'InvalidList' } });
  expect(ended.reason?.message).toContain('line 3');
  await expect(readdir(into())).rejects.toMatchObject({ code: 'ENOENT' });
  const unknown = '01JZ8QH5X3M9V7T2B4N6K8R0CD';
  for (const ask of [
    () => client.getBatch(unknown),
    () => client.cancelBatch(unknown),
    () => client.retryBatch(unknown),
    () => client.pauseBatch(unknown),
  ])
    await expect(ask()).rejects.toMatchObject({ code: 'BatchNotFound' });
  for (const [destination, code] of [
    ['relative/', 'InvalidDestination'],
    ['/no-slash', 'InvalidOption'],
    ['-', 'InvalidOption'],
  ] as const)
    await expect(client.submitBatch({ entries: entriesOf([a]), destination })).rejects.toMatchObject({ code });
});

test('entries with secrets: kept in memory, ended with a sentence after a kill, and the same list goes on', async () => {
  const gate = new Gate();
  const urls = served(4, 'f', () => gate.pass()).map((url) => `${url}?signature=SECRET`);
  const open = served(10, 'g').map((url) => `${url}?signature=SECRET`);
  const asked = { entries: entriesOf([...open, ...urls]), destination: into() };
  let id: string;
  {
    await using server = await start();
    ({ id } = await server.client.submitBatch(asked));
    const written = async () => (await server.client.outcomes(id, { limit: 100 })).outcomes.length;
    await vi.waitFor(async () => expect(await written()).toBe(10), WAIT);
    server.process.kill('SIGKILL');
    await server.ended;
  }
  gate.open();
  await using server = await start();
  const { client } = server;
  const ended = await untilEnded(server, id);
  expect(ended).toMatchObject({ status: 'failed', reason: { code: 'SourceNeeded' }, counters: { done: 10 } });
  const before = origin.requests.length;
  expect(await client.submitBatch(asked)).toMatchObject({ id, run: 2 });
  expect(await untilEnded(server, id)).toMatchObject({ status: 'completed', counters: { done: 14 } });
  expect(origin.requests.slice(before).filter(({ url }) => url.startsWith('/g-'))).toEqual([]);
  const state = await readdir(join(folder, 'state'), { recursive: true, withFileTypes: true });
  for (const file of state.filter((entry) => entry.isFile()))
    expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain('SECRET');
});

test('the same key is the same batch; events tell of it', async () => {
  await using server = await start();
  const { client, server: at, token } = server;
  const leaving = new AbortController();
  const events = await fetch(`${at.url}/v1/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: leaving.signal,
  });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const chunk of events.body ?? []) seen.push(String(Buffer.from(chunk)));
  })().catch(() => {});
  const asked = { entries: entriesOf(served(5)), destination: into() };
  const { id } = await client.submitBatch(asked, { idempotencyKey: 'one' });
  expect(await untilEnded(server, id)).toMatchObject({ status: 'completed' });
  expect(await client.submitBatch(asked, { idempotencyKey: 'one' })).toMatchObject({ id, status: 'completed' });
  const other = client.submitBatch({ ...asked, destination: into('other') }, { idempotencyKey: 'one' });
  await expect(other).rejects.toMatchObject({ code: 'Conflict' });
  await vi.waitFor(() => {
    const batches = [...seen.join('').matchAll(/event: batch\ndata: (.*)\n/g)].map(([, data = '']) => JSON.parse(data));
    expect(batches.at(-1)).toMatchObject({ id, status: 'completed', counters: { done: 5 } });
  }, WAIT);
  leaving.abort();
  await reading;
});

test('what waits has its turn by priority, then in the order that was asked for, also after a kill', async () => {
  const gate = new Gate();
  const held = served(4, 'held', () => gate.pass());
  const free = served(1, 'free');
  const ids: Record<string, string> = {};
  const standings = async ({ client }: ServerProcess) => {
    const { batches } = await client.listBatches({ limit: 100 });
    const waiting = batches.filter(({ waitingPosition }) => waitingPosition !== undefined);
    const nameOf = (id: string) => Object.keys(ids).find((name) => ids[name] === id);
    return waiting
      .sort((a, b) => (a.waitingPosition ?? 0) - (b.waitingPosition ?? 0))
      .map(({ id, priority }) => `${nameOf(id)} ${priority ?? 0}`);
  };
  const args = ['--running', '1'];
  {
    await using server = await start(...args);
    const { client } = server;
    await client.submitBatch({ entries: entriesOf(held), destination: into('first') });
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), WAIT);
    for (const name of ['a', 'b', 'c', 'd']) {
      const priority = name === 'd' ? { priority: 5 } : {};
      const batch = await client.submitBatch({ entries: entriesOf(free), destination: into(name), ...priority });
      ids[name] = batch.id;
    }
    expect(await standings(server)).toEqual(['d 5', 'a 0', 'b 0', 'c 0']);
    expect(await client.arrangeBatch(ids['c'] ?? '', { position: 'first' })).toMatchObject({ waitingPosition: 2 });
    expect(await client.arrangeBatch(ids['a'] ?? '', { priority: -1 })).toMatchObject({ priority: -1 });
    expect(await client.getBatch(ids['a'] ?? '')).toMatchObject({ priority: -1, waitingPosition: 4 });
    expect(await standings(server)).toEqual(['d 5', 'c 0', 'b 0', 'a -1']);
    server.process.kill('SIGKILL');
    await server.ended;
  }
  await using again = await start(...args);
  gate.open();
  for (const id of Object.values(ids)) expect(await untilEnded(again, id)).toMatchObject({ status: 'completed' });
  const ended = await Promise.all(Object.values(ids).map((id) => again.client.getBatch(id)));
  const inOrder = ended.sort((a, b) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? -1 : 1)).map(({ id }) => id);
  expect(inOrder).toEqual(['d', 'c', 'b', 'a'].map((name) => ids[name]));
  await expect(again.client.arrangeBatch(ids['a'] ?? '', { priority: 1 })).rejects.toMatchObject({
    code: 'BatchEnded',
  });
});
