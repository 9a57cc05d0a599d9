import { afterEach, beforeEach, expect, it } from 'vitest';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { findBatch } from '../../lib/pipeline/requests/batches/load-batch.ts';
import { submitBatch } from '../../lib/pipeline/requests/batches/submit-batch.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import { pathsUnder } from '../../lib/pipeline/shared/paths-under.ts';
import { checkSpent } from '../../lib/pipeline/shared/quotas/spent.ts';
import { loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import { sourcesByScheme } from '../../lib/sources/sources.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import type { BatchFleet } from '../support/batch-fleet.ts';
import { startBatchFleet } from '../support/batch-fleet.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// Quotas of owners on the code of the functions, from submit to end; over HTTP and S3 on loopback.

const MIB = 1024 ** 2;

let origin: Origin;
let store: S3Double;
let fleet: BatchFleet;

beforeEach(async () => {
  origin = await startOrigin();
  store = await startS3Double({});
  store.makeBucket('bucket');
  const { endpoint, region, credentials } = store;
  const policy = { quotas: { open: 2, bytesPerDay: 20 * MIB, batchEntries: 5 } };
  fleet = startBatchFleet(sourcesByScheme([httpSource({})]), s3Destination({ endpoint, region, credentials }), policy);
});

afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

const at = (key: string) => ({ kind: 's3', bucket: 'bucket', key, endpoint: store.endpoint }) as const;

async function bring(owner: string, name: string, size: number) {
  const source = { url: origin.serve(`/${name}`, { size, seed: 1 }) };
  const more = { object: {}, options: DEFAULT_OPTIONS, owner };
  return await submit(fleet.ports, { source, destination: at(`in/${name}`), ...more });
}

async function bringBatch(owner: string, sizes: readonly number[], listed: 'inline' | 'at' = 'inline') {
  const urls = sizes.map((size, index) => origin.serve(`/${owner}-b${index}`, { size, seed: index }));
  const list =
    listed === 'inline'
      ? { kind: 'inline' as const, entries: urls.map((url) => ({ sources: [url] })) }
      : {
          kind: 'at' as const,
          from: { url: origin.serve('/list.txt', { bytes: Buffer.from(`${urls.join('\n')}\n`) }) },
        };
  const options = { ifExists: 'replace' as const, maxAttempts: 2, object: {} };
  return await submitBatch(fleet.ports, { owner, list, destination: at('in/b/'), options });
}

/** Waits as long as it takes; the test's own time-out is the bound. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const transferEnded = (id: string) =>
  until(async () => {
    const record = (await loadTransfer(fleet.ports, id))?.record;
    return record?.announced === true ? record : undefined;
  });
const batchEnded = (id: string) =>
  until(async () => {
    const batch = await findBatch(fleet.ports, id);
    return batch.announced === true ? batch : undefined;
  });

async function openOf(owner: string): Promise<number> {
  let count = 0;
  for await (const _ of pathsUnder(fleet.ports.records, `open/${owner}/`)) count += 1;
  return count;
}

it('what has ended is open no more, and its bytes count for the day of its owner', async () => {
  const [one, two] = [await bring('ann', 'one', 12 * MIB), await bring('ann', 'two', 12 * MIB)];
  await expect(bring('ann', 'three', 1)).rejects.toMatchObject({
    code: 'QuotaExceeded',
    details: { quota: 'open', limit: 2, used: 2 },
  });
  expect((await transferEnded(one.id)).status).toBe('completed');
  expect((await transferEnded(two.id)).status).toBe('completed');
  expect(await openOf('ann')).toBe(0);
  const refused = await bring('ann', 'four', 1).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'QuotaExceeded', details: { quota: 'bytesPerDay', limit: 20 * MIB } });
  expect((refused as { details: { used: number } }).details.used).toBeGreaterThanOrEqual(24 * MIB);
  expect((await transferEnded((await bring('ben', 'five', 10)).id)).status).toBe('completed');
}, 60_000);

it('a batch is one that is open, its large entries are its own, and its bytes count once, at its end', async () => {
  const { id } = await bringBatch('ann', [100, 9 * MIB, 10 * MIB]);
  const batch = await batchEnded(id);
  expect(batch).toMatchObject({ status: 'completed', counters: { done: 3 } });
  expect(batch.spentBytes).toBe(19 * MIB + 100);
  expect(await openOf('ann')).toBe(0);
  await checkSpent(fleet.ports, 'ann');
  expect((await transferEnded((await bring('ann', 'more', MIB)).id)).status).toBe('completed');
  await expect(checkSpent(fleet.ports, 'ann')).rejects.toMatchObject({ details: { used: 20 * MIB + 100 } });
}, 60_000);

it('a list at a URL with more entries than its owner may have ends its batch before anything is brought', async () => {
  const { id } = await bringBatch('ann', [1, 2, 3, 4, 5, 6], 'at');
  const batch = await batchEnded(id);
  expect(batch).toMatchObject({
    status: 'failed',
    reason: { code: 'QuotaExceeded', details: { quota: 'batchEntries', limit: 5 } },
  });
  expect(origin.requests.filter(({ url }) => url.startsWith('/ann-b'))).toEqual([]);
  expect(await openOf('ann')).toBe(0);
}, 60_000);
