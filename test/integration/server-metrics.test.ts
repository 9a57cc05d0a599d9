import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { heldSource } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { parseExposition } from '../support/prometheus.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServer } from '../support/server-process.ts';

// `GET /metrics` of a server, as Prometheus scrapes it.

const MIB = 1024 ** 2;
const WAIT = { timeout: 20_000 };

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-metrics-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function scrape({ server, token }: ServerProcess) {
  const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  const text = await answer.text();
  const found = parseExposition(text);
  return { text, of: (name: string, labels = '') => found.get(`piecework_${name}`)?.values.get(labels) };
}

test('moves with a copy, and holds no secret', async () => {
  const { gate, url } = heldSource(origin, patternBytes(0, 10 * MIB));
  const { host } = new URL(url);
  await using server = await startServer(folder);
  const first = await scrape(server);
  expect(first.of('transfers', '{status="running"}')).toBe(0);
  expect(first.of('received_bytes_total')).toBe(0);
  const request = {
    source: { url: `${url}?signature=SECRETVALUE` },
    destination: join(folder, 'a.bin'),
    options: { pieceSizeBytes: MIB, parallelism: 2 },
  };
  const { id } = await server.client.submit(request);
  await vi.waitFor(() => expect(gate.waiting).toBe(2), WAIT);
  await vi.waitFor(async () => {
    const { of } = await scrape(server);
    expect(of('transfers', '{status="running"}')).toBe(1);
    expect(of('pieces_in_flight')).toBe(2);
    expect(of('host_connections', `{host="${host}"}`)).toBe(2);
    expect(of('connections')).toBe(2);
  }, WAIT);
  gate.open();
  await server.untilEnded(id);
  const missing = await server.client.submit({ ...request, source: { url: `${origin.base}/missing?key=SECRETVALUE` } });
  await server.untilEnded(missing.id);
  await vi.waitFor(async () => {
    const { of } = await scrape(server);
    expect(of('received_bytes_total')).toBe(10 * MIB);
    expect(of('pieces_done_total')).toBe(10);
    expect(of('pieces_in_flight')).toBe(0);
    expect(of('transfers_accepted_total')).toBe(2);
    expect(of('transfers_ended_total', '{status="completed"}')).toBe(1);
    expect(of('transfer_failures_total', '{code="SourceNotFound"}')).toBe(1);
    expect(of('api_requests_total', '{method="POST",route="/v1/transfers",status="202"}')).toBe(2);
  }, WAIT);
  const { text } = await scrape(server);
  for (const hidden of ['SECRETVALUE', 'a.bin', id, server.token]) expect(text).not.toContain(hidden);
});

test('asks for the token as all else, and answers GET and HEAD alone', async () => {
  await using server = await startServer(folder);
  const url = `${server.server.url}/metrics`;
  const headers = { authorization: `Bearer ${server.token}` };
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { headers: { ...headers, origin: 'https://evil.example' } })).status).toBe(403);
  const head = await fetch(url, { method: 'HEAD', headers });
  expect([head.status, await head.text()]).toEqual([200, '']);
  const post = await fetch(url, { method: 'POST', headers });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});
