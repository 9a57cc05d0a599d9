import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readEvents } from '../support/event-reader.ts';
import { heldSource, rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServer } from '../support/server-process.ts';

// `GET /v1/events` and the details of a transfer that runs, as a page has them: a real client over a socket.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 20 * MIB);
const PIECE = 2 * MIB;

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-events-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const held = (path?: string) => heldSource(origin, BYTES, path);

function submit({ client }: ServerProcess, url: string, destination = join(folder, 'out.bin')) {
  return client.submit({ source: { url }, destination, options: { pieceSizeBytes: PIECE, parallelism: 2 } });
}

const eventsOf = ({ server, token }: ServerProcess, query = '', lastId?: string) =>
  readEvents(`${server.url}/v1/events${query}`, token, lastId === undefined ? {} : { 'last-event-id': lastId });

test('follows a transfer from its submit to its end, with how far it is and each of its pieces', async () => {
  await using server = await startServer(folder);
  const { url, gate } = held();
  await using all = await eventsOf(server);
  const { id } = await submit(server, `${url}?signature=SECRETVALUE`);
  const host = new URL(url).host;
  await vi.waitFor(() => expect(gate.waiting).toBe(2), { timeout: 20_000 });
  const moving = await all.until(
    ({ event, data }) => event === 'transfer' && data?.['status'] === 'transferring' && data['progress'] !== undefined,
  );
  expect(moving.data).toMatchObject({ id, progress: { sizeBytes: BYTES.length } });
  const detail = await server.client.get(id);
  expect(detail.pieces?.inFlight).toHaveLength(2);
  for (const piece of detail.pieces?.inFlight ?? [])
    expect(piece).toMatchObject({
      sizeBytes: PIECE,
      connection: expect.stringMatching(new RegExp(`^${host}#[12]$`)),
      startedAt: expect.stringMatching(/Z$/),
    });
  expect(detail).toMatchObject({
    snapshot: { host, ranges: true, sizeBytes: BYTES.length, validator: { kind: 'strong' } },
    command: expect.stringContaining('piecework copy '),
  });
  expect(detail.timeline?.map(({ kind }) => kind)).toEqual(['submitted', 'planned', 'started']);
  await using one = await eventsOf(server, `?transfer=${id}`);
  const pieces = await one.until(({ event }) => event === 'pieces');
  expect(pieces).toEqual({ event: 'pieces', data: expect.objectContaining({ id, trouble: [], troubleCount: 0 }) });
  expect(pieces.data?.['inFlight']).toHaveLength(2);
  const answer = await fetch(`${server.server.url}/v1/hosts`, { headers: { authorization: `Bearer ${server.token}` } });
  const { hosts } = (await answer.json()) as { readonly hosts: readonly object[] };
  expect(hosts).toEqual([
    expect.objectContaining({ name: host, connections: expect.objectContaining({ now: 2 }), requests: 3, errors: {} }),
  ]);
  gate.open();
  const end = await all.until(({ event, data }) => event === 'transfer' && data?.['status'] === 'completed');
  expect(all.all.some(({ event, data }) => event === 'hosts' && JSON.stringify(data).includes(host))).toBe(true);
  expect(end.data).toMatchObject({ id, result: { sizeBytes: BYTES.length } });
  const kinds = (await server.client.get(id)).timeline?.map(({ kind }) => kind);
  expect(kinds).toEqual(['submitted', 'planned', 'started', 'finalizing', 'completed']);
  expect(JSON.stringify([all.all, one.all, detail])).not.toContain('SECRETVALUE');
});

test('resumed after a cut it has what came meanwhile, once and in order', async () => {
  await using server = await startServer(folder);
  const { url, gate } = held();
  let lastId: string | undefined;
  let before: readonly string[];
  {
    await using first = await eventsOf(server);
    await submit(server, url);
    await first.until(({ event }) => event === 'transfer');
    ({ lastId } = first);
    before = first.all.flatMap(({ id }) => id ?? []);
  }
  gate.open();
  await vi.waitFor(async () => expect((await server.client.list()).transfers[0]?.status).toBe('completed'), 20_000);
  await using second = await eventsOf(server, '', lastId);
  await second.until(({ event, data }) => event === 'transfer' && data?.['status'] === 'completed');
  expect(second.all.map(({ event }) => event)).not.toContain('reset');
  const numbers = [...before, ...second.all.slice(1).flatMap(({ id }) => id ?? [])].map((id) =>
    Number(id.split('-')[1]),
  );
  expect(numbers).toEqual(numbers.map((_, index) => index));
});

test('after a restart of the server the first is reset; a drain ends the stream in good order', async () => {
  let lastId: string | undefined;
  {
    await using server = await startServer(folder);
    await using reader = await eventsOf(server);
    await submit(server, origin.serve('/file.bin', rangesOf(BYTES)));
    await reader.until(({ event, data }) => event === 'transfer' && data?.['status'] === 'completed');
    server.process.kill('SIGTERM');
    await reader.ended();
    expect(await server.ended).toMatchObject({ exitCode: 0 });
    ({ lastId } = reader);
  }
  await using server = await startServer(folder);
  await using reader = await eventsOf(server, '', lastId);
  await reader.until(({ event }) => event === 'reset');
  expect(reader.all).toHaveLength(1);
});

test('is behind the same gate as everything, and refuses what is no id', async () => {
  await using server = await startServer(folder);
  const url = `${server.server.url}/v1/events`;
  const authorization = `Bearer ${server.token}`;
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { headers: { authorization, origin: 'https://evil.example' } })).status).toBe(403);
  expect((await fetch(`${url}?transfer=../x`, { headers: { authorization } })).status).toBe(400);
  expect((await fetch(`${url}?further=1`, { headers: { authorization } })).status).toBe(400);
});
