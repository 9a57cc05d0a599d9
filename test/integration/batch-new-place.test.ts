import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench, stopAfter } from '../support/batch-bench.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// A prefix under which nothing is: what a batch asks a store before it puts.

const NAMES = ['a.bin', 'b.bin', 'c/d.bin', 'e.bin', 'f.bin'];
const to = { destination: 's3://target/in/', report: false } as const;

let store: S3Double;
let bench: BatchBench;
let list: string;
let seen = 0;

beforeEach(async () => {
  store = await startS3Double();
  const { endpoint, region, credentials } = store;
  store.makeBucket('target');
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  bench = await batchBench({ s3: { endpointUrl: endpoint, region } });
  for (const name of NAMES)
    bench.origin.serve(`/${name}`, { bytes: Buffer.from(`the bytes of ${name}`), etag: `"${name}"` });
  list = await bench.listFile(NAMES.map((name) => `${bench.origin.base}/${name}`));
  seen = store.log.length;
});
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

/** Since the last time. */
function asked(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation } of store.log.slice(seen)) counts[operation] = (counts[operation] ?? 0) + 1;
  seen = store.log.length;
  return { heads: counts['HeadObject'] ?? 0, puts: counts['PutObject'] ?? 0, lists: counts['ListObjectsV2'] ?? 0 };
}

test('is asked once, and not for each entry; the next run asks for each', async () => {
  await bench.bring(list, to);
  expect(asked()).toEqual({ heads: 0, puts: 5, lists: 1 });
  expect((await bench.bring(list, to)).counters).toMatchObject({ unchanged: 5 });
  expect(asked()).toEqual({ heads: 5, puts: 0, lists: 1 });
});

test('is asked for each entry where it can not be listed', async () => {
  store.fail({ operation: 'ListObjectsV2', what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
  expect((await bench.bring(list, to)).counters).toMatchObject({ done: 5 });
  expect(asked()).toMatchObject({ heads: 5, puts: 5 });
});

test('is asked for each entry where none may be there, since one may be our own', async () => {
  expect((await bench.bring(list, { ...to, options: { ifExists: 'fail' } })).counters).toMatchObject({ done: 5 });
  expect(asked()).toEqual({ heads: 5, puts: 5, lists: 0 });
});

test('is new no more when a batch is gone on with', async () => {
  const stop = stopAfter(2);
  await expect(bench.bring(list, { ...to, onEvent: stop.onEvent }, stop.signal)).rejects.toThrow('interrupted');
  const { puts: first = 0 } = asked();
  expect((await bench.bring(list, to)).counters).toMatchObject({ failed: 0 });
  const { heads, lists } = asked();
  expect([heads === 0, lists, first >= 2]).toEqual([false, 0, true]);
});
