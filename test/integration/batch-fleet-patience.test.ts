import { afterEach, beforeEach, expect, it } from 'vitest';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { findBatch } from '../../lib/pipeline/requests/batches/load-batch.ts';
import { submitBatch } from '../../lib/pipeline/requests/batches/submit-batch.ts';
import { KEYS } from '../../lib/records/records.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import { sourcesByScheme } from '../../lib/sources/sources.ts';
import { systemClock } from '../../lib/system/clock.ts';
import type { BatchOptions, BatchRecord } from '../../lib/transfer/batch/batch-record.ts';
import type { BatchFleet } from '../support/batch-fleet.ts';
import { startBatchFleet } from '../support/batch-fleet.ts';
import type { Handler, Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// Patience of a deployed batch outlives its workers: what an entry waits for is known to the next one. On the code of
// the functions, with a clock that goes 40 times as fast.

const FASTER = 40;
const MINUTE_MS = 60_000;
const began = Date.now();
const clock = {
  ...systemClock,
  now: () => began + (Date.now() - began) * FASTER,
  sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms / FASTER, signal),
};

let origin: Origin;
let store: S3Double;
let fleet: BatchFleet;
let asked: number[];

beforeEach(async () => {
  asked = [];
  origin = await startOrigin();
  store = await startS3Double({});
  store.makeBucket('bucket');
  const { endpoint, region, credentials } = store;
  const destination = s3Destination({ endpoint, region, credentials });
  fleet = startBatchFleet(sourcesByScheme([httpSource({})]), destination, { pieceLifeMs: 600_000 }, clock);
});

afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

/** Twenty files that are there, and one that is answered so: it is asked for among the first. */
async function bring(answer: Handler, options: Partial<BatchOptions> = {}): Promise<BatchRecord> {
  const urls = Array.from({ length: 20 }, (_, index) => origin.serve(`/f${index}.bin`, { size: 100 + index }));
  const odd = origin.serve('/odd.bin', async (...args) => {
    asked.push(clock.now());
    await answer(...args);
  });
  const { id } = await submitBatch(fleet.ports, {
    owner: 'ada',
    list: { kind: 'inline', entries: [...urls.slice(0, 5), odd, ...urls.slice(5)].map((url) => ({ sources: [url] })) },
    destination: { kind: 's3', bucket: 'bucket', key: 'in/', endpoint: store.endpoint },
    options: { ifExists: 'if-changed', maxAttempts: 4, object: {}, perHost: 2, ...options },
  });
  await expect.poll(async () => (await findBatch(fleet.ports, id)).endedAt, { timeout: 20_000 }).toBeDefined();
  return await findBatch(fleet.ports, id);
}

/** Between two tries; the same try asks once more without a range, which some servers deny. */
function waits(): readonly number[] {
  const tries = asked.filter((_, index) => index % 2 === 0);
  return tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
}

it('a file that is denied twice and then served is there, after a minute each time', async () => {
  const batch = await bring((_request, response) => {
    response.writeHead(asked.length > 4 ? 200 : 403).end('odd');
  });
  expect(batch.counters).toMatchObject({ done: 21, failed: 0 });
  expect(waits()).toEqual([expect.any(Number), expect.any(Number)]);
  for (const wait of waits()) expect(wait).toBeGreaterThanOrEqual(MINUTE_MS);
});

it('a file that is always denied is asked for a few times, a minute apart, and has failed', async () => {
  const batch = await bring((_request, response) => void response.writeHead(403).end());
  expect(batch).toMatchObject({ counters: { done: 20, failed: 1 }, failures: [{ code: 'SourceForbidden' }] });
  expect(asked).toHaveLength(6);
  for (const wait of waits()) expect(wait).toBeGreaterThanOrEqual(MINUTE_MS);
});

it('a file that is too young is taken when it is old enough, and its shard waits in no function for that', async () => {
  let changedAt = 0;
  const batch = await bring(
    (_request, response) => {
      changedAt ||= Math.floor((clock.now() - MINUTE_MS) / 1000) * 1000;
      response.setHeader('last-modified', new Date(changedAt).toUTCString()).end('odd');
    },
    { minAgeMs: 4 * MINUTE_MS },
  );
  expect(batch.counters).toMatchObject({ done: 21, failed: 0 });
  expect(asked).toHaveLength(2);
  expect(asked[1]).toBeGreaterThanOrEqual(changedAt + 4 * MINUTE_MS);
  const outcomes = (await fleet.ports.records.get(KEYS.outcomes(batch.id, 1)))?.value;
  expect(outcomes?.tries).toBe(undefined);
});

it('a file that would be too young for too long has failed', async () => {
  const batch = await bring(
    (_request, response) => void response.setHeader('last-modified', new Date(clock.now()).toUTCString()).end('odd'),
    { minAgeMs: 120 * MINUTE_MS, maxWaitMs: 15 * MINUTE_MS },
  );
  expect(batch).toMatchObject({ counters: { done: 20, failed: 1 }, failures: [{ code: 'SourceTooYoung' }] });
  expect(asked).toHaveLength(1);
});
