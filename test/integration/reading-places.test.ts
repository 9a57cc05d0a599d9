import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { sendResource } from '../support/origin-resource.ts';
import { patternBytes } from '../support/pattern.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

const MIB = 1024 ** 2;
const PIECE_BYTES = 5 * MIB;
const SIZE = 12 * PIECE_BYTES;

let folder: string;
let origin: Origin;
let store: S3Double;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-places-'));
  origin = await startOrigin();
  store = await startS3Double();
  store.makeBucket('bucket');
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Serves so many at a time, and answers 429 to the next. */
function serve(allowed: number) {
  const reading = { now: 0, most: 0 };
  const url = origin.serve('/file.bin', async (request, response, logged) => {
    if (reading.now >= allowed) return void response.writeHead(429).end();
    reading.now += 1;
    reading.most = Math.max(reading.most, reading.now);
    response.on('close', () => {
      reading.now -= 1;
    });
    await sendResource({ size: SIZE }, request, response, logged);
  });
  return { url, reading };
}

/** Holds each part until so many are held at a time, then lets all go. */
function holdParts(count: number): void {
  let held = 0;
  const { promise: until, resolve } = Promise.withResolvers<void>();
  const isHeld = () => {
    held += 1;
    if (held === count) resolve();
    return true;
  };
  store.fail({ operation: 'UploadPart', times: Number.POSITIVE_INFINITY, when: isHeld, what: { kind: 'hold', until } });
}

async function copy(url: string, parallelism: number): Promise<void> {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'double').stubEnv('AWS_SECRET_ACCESS_KEY', 'double-secret');
  await using piecework = openLocal({
    stateDir: join(folder, 'state'),
    backoff: { baseMs: 20, capMs: 200 },
    http: { proxy: {} },
    s3: { endpointUrl: store.endpoint, region: 'us-east-1' },
  });
  const options = { parallelism, pieceSizeBytes: PIECE_BYTES };
  await piecework.copy({ source: { url }, destination: 's3://bucket/file.bin', options });
  expect((await store.object('bucket', 'file.bin'))?.equals(patternBytes(0, SIZE))).toBe(true);
}

test('more pieces are put than are read at a time: a slow store is not held to the places of the source', async () => {
  const { url, reading } = serve(2);
  holdParts(4);
  await copy(url, 2);
  expect(reading.most).toBe(2);
});

test('nor to the connections that a host was learned to bear', async () => {
  const { url, reading } = serve(2);
  holdParts(6);
  await copy(url, 8);
  expect(reading.most).toBe(2);
});
