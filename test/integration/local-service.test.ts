import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApi } from '../../lib/api/app.ts';
import { allowedOnly } from '../../lib/api/requests/destinations.ts';
import type { TransferDetail } from '../../lib/api/schemas/transfer.ts';
import type { Local } from '../../lib/index.ts';
import type { Home } from '../../lib/local/home/home.ts';
import { openHome } from '../../lib/local/home/home.ts';
import { localOf } from '../../lib/local/open.ts';
import type { LocalService } from '../../lib/local/service/service.ts';
import { openService as serviceOf } from '../../lib/local/service/service.ts';
import { problemOf, transferOf } from '../support/api-bench.ts';
import { Gate, rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// The REST API, served by the home of one machine: its transfers run on the engine of `copy`, and take the same locks.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 6 * MIB);
const DESTINATION = { bucket: 'bucket', key: 'in/file.bin' };

let folder: string;
let origin: Origin;
let store: S3Double;
let home: Home;
let piecework: Local;
let service: LocalService;
let app: ReturnType<typeof createApi>;

async function openService(): Promise<void> {
  home = openHome({ stateDir: join(folder, 'state'), s3: { endpointUrl: store.endpoint, region: store.region } });
  piecework = localOf(home);
  service = await serviceOf(home);
  app = createApi({
    ...service,
    version: '1.2.3',
    locate: allowedOnly([{ bucket: 'bucket', prefix: 'in/', endpoint: store.endpoint, region: store.region }]),
    checkSource: () => undefined,
    ownerOf: () => 'local',
  });
}

async function closeService(): Promise<void> {
  await service[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-service-'));
  origin = await startOrigin();
  store = await startS3Double();
  store.makeBucket('bucket');
  vi.stubEnv('AWS_ACCESS_KEY_ID', store.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', store.credentials.secretAccessKey);
  await openService();
});

afterEach(async () => {
  await closeService();
  await store[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> {
  return Promise.resolve(
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  );
}

const submission = (url: string) => ({
  source: { url },
  destination: { ...DESTINATION, endpoint: store.endpoint, region: store.region },
  options: { pieceSizeBytes: 5 * MIB },
});

/** The transfer, once it has ended. */
async function ended(id: string): Promise<TransferDetail> {
  for (;;) {
    const transfer = await transferOf(await app.request(`/v1/transfers/${id}?waitSeconds=20`));
    if (['completed', 'failed', 'cancelled'].includes(transfer.status)) return transfer;
  }
}

/** A source whose pieces wait for the gate. */
function heldSource(): { readonly url: string; readonly gate: Gate } {
  const gate = new Gate();
  const url = origin.serve(
    '/file.bin',
    // The first look is let through: it asks for what a single put would hold.
    rangesOf(BYTES, async (range) => {
      if (range !== `bytes=0-${8 * MIB - 1}`) await gate.pass();
    }),
  );
  return { url, gate };
}

async function submitHeld(): Promise<{ readonly id: string; readonly gate: Gate }> {
  const { url, gate } = heldSource();
  const answer = await post('/v1/transfers', submission(url));
  expect(answer.status).toBe(202);
  const { id } = await transferOf(answer);
  await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), { timeout: 20_000 });
  return { id, gate };
}

test('a transfer that was submitted runs, and leaves nothing but the object', async () => {
  const url = origin.serve('/file.bin', rangesOf(BYTES));
  const { id, status } = await transferOf(await post('/v1/transfers', submission(url)));
  expect(status).toBe('accepted');
  expect(await ended(id)).toMatchObject({ status: 'completed' });
  expect((await store.object('bucket', 'in/file.bin'))?.equals(BYTES)).toBe(true);
  await vi.waitFor(async () => expect(await readdir(join(folder, 'state', 'locks'))).toEqual([]));
  expect(await readdir(join(folder, 'state', 'active'))).toEqual([]);
});

test('a place that a request works on is refused to the next one, to a copy, and to a retry by another process', async () => {
  const { id, gate } = await submitHeld();
  const url = origin.serve('/other.bin', { size: 1000 });
  const refused = await post('/v1/transfers', submission(url));
  expect(refused.status).toBe(409);
  expect(await problemOf(refused)).toMatchObject({ code: 'DestinationLocked' });
  await failureOf(piecework.copy({ source: { url }, destination: 's3://bucket/in/file.bin' }), 'DestinationLocked');
  expect((await post(`/v1/transfers/${id}/retry`)).status).toBe(409);
  gate.open();
  expect(await ended(id)).toMatchObject({ status: 'completed' });
});

test('a place that a copy works on is refused to a request', async () => {
  const { url, gate } = heldSource();
  const copying = piecework.copy({
    source: { url },
    destination: 's3://bucket/in/file.bin',
    options: { pieceSizeBytes: 5 * MIB },
  });
  await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), { timeout: 20_000 });
  const refused = await post('/v1/transfers', submission(origin.serve('/other.bin', { size: 1000 })));
  expect(await problemOf(refused)).toMatchObject({ code: 'DestinationLocked' });
  gate.open();
  await copying;
});

test('a repeated request with the same key gets the first one’s transfer, while it is taken on, runs, and after it', async () => {
  const { url, gate } = heldSource();
  const submit = () => post('/v1/transfers', submission(url), { 'idempotency-key': 'k' });
  const answers = await Promise.all([submit(), submit()]);
  await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), { timeout: 20_000 });
  answers.push(await submit());
  gate.open();
  const ids = await Promise.all(answers.map(async (answer) => (await transferOf(answer)).id));
  await ended(ids[0] ?? '');
  ids.push((await transferOf(await submit())).id);
  expect(new Set(ids).size).toBe(1);
  const other = await post('/v1/transfers', submission(`${url}?other`), { 'idempotency-key': 'k' });
  expect(await problemOf(other)).toMatchObject({ code: 'Conflict' });
});

test('a cancel ends one that runs', async () => {
  const { id, gate } = await submitHeld();
  expect((await post(`/v1/transfers/${id}/cancel`)).status).toBe(202);
  expect(await ended(id)).toMatchObject({ status: 'cancelled' });
  gate.open();
  await vi.waitFor(() => expect(store.openUploads()).toEqual([]), { timeout: 20_000 });
});

test('a failed one is tried again', async () => {
  const url = `${origin.base}/file.bin`;
  const { id } = await transferOf(await post('/v1/transfers', submission(url)));
  expect(await ended(id)).toMatchObject({ status: 'failed' });
  origin.serve('/file.bin', rangesOf(BYTES));
  await vi.waitFor(async () => expect((await post(`/v1/transfers/${id}/retry`)).status).toBe(202));
  expect(await ended(id)).toMatchObject({ status: 'completed' });
});

test('closing stops what runs, and a retry after the next start goes on with it', async () => {
  const { id, gate } = await submitHeld();
  await closeService();
  gate.open();
  await openService();
  const { status } = await transferOf(await app.request(`/v1/transfers/${id}`));
  expect(status).toBe('transferring');
  expect((await post(`/v1/transfers/${id}/retry`)).status).toBe(202);
  expect(await ended(id)).toMatchObject({ status: 'completed' });
  expect((await store.object('bucket', 'in/file.bin'))?.equals(BYTES)).toBe(true);
});
