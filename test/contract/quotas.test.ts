import { describe, expect, it } from 'vitest';
import { settleBatch } from '../../lib/pipeline/batch/deployed/advance/settle-batch.ts';
import { loadBatch } from '../../lib/pipeline/requests/batches/load-batch.ts';
import { settle } from '../../lib/pipeline/settle/settle.ts';
import { pathsUnder } from '../../lib/pipeline/shared/paths-under.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { sweepOpen } from '../../lib/pipeline/shared/quotas/open.ts';
import { countSpent } from '../../lib/pipeline/shared/quotas/spent.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { Records } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import { ended } from '../../lib/transfer/batch/batch-transitions.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import type { QuotaRules } from '../../lib/transfer/quotas.ts';
import { ownerName } from '../../lib/values/text/owner-name.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW } from '../support/a-transfer.ts';
import type { ApiBench } from '../support/api-bench.ts';
import { apiBench, GOOD, problemOf, transferOf } from '../support/api-bench.ts';

// What an owner may have at most, through the API on the real use cases.

const never = new AbortController().signal;
const BATCH = {
  entries: [{ sources: ['https://origin.example/a'] }],
  destination: { bucket: 'bucket', prefix: 'in/' },
};

function world(quotas: QuotaRules, records?: Records) {
  let caller = 'ann';
  const bench = apiBench({ ownerOf: () => caller }, records, { quotas });
  const as = (name: string): ApiBench => {
    caller = name;
    return bench;
  };
  /** As the finalizer does, which alone cleans up. */
  const finalizer: Ports = { ...bench.ports, policy: { ...bench.ports.policy, settlesElsewhere: false } };
  return { bench, as, finalizer };
}

async function pathsIn({ records }: ApiBench, room: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of pathsUnder(records, room)) paths.push(path);
  return paths;
}

async function end(bench: ApiBench, ports: Ports, id: string, sizeBytes: number): Promise<void> {
  const there = await bench.records.get(KEYS.transfer(id));
  if (there === undefined) throw new Error(`there is no transfer ${id}`);
  const result = { sizeBytes, version: 'unverified', digests: {} } as const;
  const completed = { ...there.value, status: 'completed', planId: 'p', result, endedAt: toIso(bench.time) } as const;
  await bench.records.put(KEYS.transfer(id), completed, there.version);
  await settle(ports, id, never);
}

describe('open at a time', () => {
  it('one more is refused: 429 with the quota and when to come again, and nothing of it is written', async () => {
    const { bench, as } = world({ open: 2 });
    for (let count = 0; count < 2; count += 1) expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(202);
    const before = await pathsIn(bench, '');
    const answer = await as('ann').post('/v1/transfers', GOOD);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await problemOf(answer)).toMatchObject({
      code: 'QuotaExceeded',
      title: 'Quota exceeded',
      detail: expect.stringContaining('you have 2 transfers and batches that are not over, and may have 2'),
      quota: { name: 'open', limit: 2, used: 2 },
    });
    expect(await pathsIn(bench, '')).toEqual(before);
    expect(bench.waitingPlans()).toBe(2);
    expect((await as('ben').post('/v1/transfers', GOOD)).status).toBe(202);
  });

  it('is another one for owners that have their own', async () => {
    const { as } = world({ open: 1, owners: { ben: { open: 2 } } });
    const statuses = async (name: string) => {
      const answers = [await as(name).post('/v1/transfers', GOOD), await as(name).post('/v1/transfers', GOOD)];
      return answers.map(({ status }) => status);
    };
    expect([await statuses('ann'), await statuses('ben')]).toEqual([
      [202, 429],
      [202, 202],
    ]);
  });

  it('is never exceeded by submits at the same moment, whatever their order', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { bench, as } = world({ open: 5 }, shuffled(memoryRecords(), seed));
      const answers = await Promise.all(Array.from({ length: 20 }, () => as('ann').post('/v1/transfers', GOOD)));
      const taken = answers.filter(({ status }) => status === 202).length;
      expect(taken).toBeLessThanOrEqual(5);
      expect(answers.every(({ status }) => status === 202 || status === 429)).toBe(true);
      expect((await pathsIn(bench, 'open/')).length).toBe(taken);
      // Who was refused for the sake of another that was refused, comes again.
      for (let count = taken; count < 5; count += 1)
        expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(202);
      expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(429);
    }
  });

  it('a repeated submit is answered as the first, and takes nothing', async () => {
    const { bench, as } = world({ open: 1 });
    const key = { 'idempotency-key': 'k' };
    const first = await transferOf(await as('ann').post('/v1/transfers', GOOD, key));
    const again = await as('ann').post('/v1/transfers', GOOD, key);
    expect([again.status, (await transferOf(again)).id]).toEqual([202, first.id]);
    expect(await pathsIn(bench, 'open/')).toEqual([`open/ann/${first.id}.1`]);
  });

  it('one that was refused with a key is taken with it, once there is room', async () => {
    const { bench, as, finalizer } = world({ open: 1 });
    const first = await transferOf(await as('ann').post('/v1/transfers', GOOD));
    const key = { 'idempotency-key': 'k' };
    expect((await as('ann').post('/v1/transfers', GOOD, key)).status).toBe(429);
    await end(bench, finalizer, first.id, 1);
    expect((await as('ann').post('/v1/transfers', GOOD, key)).status).toBe(202);
  });

  it('is free again with the announced end, and a retry takes one', async () => {
    const { bench, as, finalizer } = world({ open: 1 });
    const { id } = await transferOf(await as('ann').post('/v1/transfers', GOOD));
    const there = await bench.records.get(KEYS.transfer(id));
    if (there === undefined) throw new Error('it is gone');
    const reason = { code: 'SourceForbidden', message: 'no' } as const;
    const endedAt = toIso(bench.time);
    await bench.records.put(KEYS.transfer(id), { ...there.value, status: 'failed', reason, endedAt }, there.version);
    await settle(finalizer, id, never);
    expect(await pathsIn(bench, 'open/')).toEqual([]);
    const other = await transferOf(await as('ann').post('/v1/transfers', GOOD));
    const refused = await as('ann').post(`/v1/transfers/${id}/retry`, { source: GOOD.source });
    expect([refused.status, (await problemOf(refused))['code']]).toEqual([429, 'QuotaExceeded']);
    await end(bench, finalizer, other.id, 1);
    expect((await as('ann').post(`/v1/transfers/${id}/retry`, { source: GOOD.source })).status).toBe(202);
    expect(await pathsIn(bench, 'open/')).toEqual([`open/ann/${id}.2`]);
  });

  it('a batch is one of them, until its end is announced', async () => {
    const { bench, as, finalizer } = world({ open: 1 });
    const { id } = (await (await as('ann').post('/v1/batches', BATCH)).json()) as { id: string };
    expect((await as('ann').post('/v1/batches', BATCH)).status).toBe(429);
    expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(429);
    const found = await bench.records.get(KEYS.batch(id));
    if (found === undefined) throw new Error('it is gone');
    const over = ended(found.value, { counters: { ...NO_OUTCOMES, done: 1, bytes: 7 }, failures: [] }, bench.time);
    await bench.records.put(KEYS.batch(id), over, found.version);
    await settleBatch(finalizer, over, never);
    expect(await pathsIn(bench, 'open/')).toEqual([]);
    expect((await loadBatch(bench.ports, id))?.spentBytes).toBe(7);
    expect((await as('ann').post('/v1/batches', BATCH)).status).toBe(202);
  });

  it('what a submit left that was cut off is forgotten, and nothing else', async () => {
    const { bench, as, finalizer } = world({ open: 3 });
    const { id } = await transferOf(await as('ann').post('/v1/transfers', GOOD));
    const { id: batchId } = (await (await as('ann').post('/v1/batches', BATCH)).json()) as { id: string };
    const lost = '01JZ8R00000000000000000000';
    await bench.records.put(KEYS.open('ann', lost, 1), { v: 1, at: toIso(bench.time) }, 'absent');
    expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(429);
    const ports: Ports = { ...finalizer, policy: { ...finalizer.policy, deadSubmitMs: 1_000_000 } };
    await sweepOpen(ports);
    expect(await pathsIn(bench, 'open/')).toHaveLength(3);
    bench.time += 1_000_000;
    await sweepOpen(ports);
    expect(await pathsIn(bench, 'open/')).toEqual([`open/ann/${id}.1`, `open/ann/batch-${batchId}.1`].sort());
  });
});

describe('bytes a day', () => {
  it('no more is taken once they are brought, until midnight UTC', async () => {
    const { bench, as, finalizer } = world({ bytesPerDay: 100 });
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await transferOf(await as('ann').post('/v1/transfers', GOOD))).id),
    );
    await end(bench, finalizer, ids[0] ?? '', 60);
    expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(202);
    // What was taken on is brought, also beyond it.
    await end(bench, finalizer, ids[1] ?? '', 60);
    const answer = await as('ann').post('/v1/transfers', GOOD);
    const left = 86_400 - (Math.floor(NOW / 1000) % 86_400);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, String(left)]);
    expect(await problemOf(answer)).toMatchObject({
      code: 'QuotaExceeded',
      detail: expect.stringContaining('after midnight UTC'),
      quota: { name: 'bytesPerDay', limit: 100, used: 120 },
    });
    expect((await as('ann').post('/v1/batches', BATCH)).status).toBe(429);
    expect((await as('ben').post('/v1/transfers', GOOD)).status).toBe(202);
    bench.time += left * 1000;
    expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(202);
  });

  it('an end that is announced twice is counted once', async () => {
    const { bench, as } = world({ bytesPerDay: 100 });
    for (let count = 0; count < 3; count += 1) await countSpent(bench.ports, 'ann', 'one.1', 60);
    expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(202);
    await Promise.all(['two.1', 'three.1', 'four.1'].map((name) => countSpent(bench.ports, 'ann', name, 20)));
    expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(429);
  });

  it('what failed counts with what it fetched, each run with its own', async () => {
    const { bench, as, finalizer } = world({ bytesPerDay: 100 });
    const { id } = await transferOf(await as('ann').post('/v1/transfers', GOOD));
    const fail = async (bytes: number) => {
      const there = await bench.records.get(KEYS.transfer(id));
      if (there === undefined) throw new Error('it is gone');
      const used = {
        s3Writes: 0,
        s3Reads: 0,
        queueRequests: 0,
        functionRuns: 0,
        gbSeconds: 0,
        events: 0,
        apiRequests: 0,
      };
      const reason = { code: 'SourceForbidden', message: 'no' } as const;
      const failed = { status: 'failed', reason, endedAt: toIso(bench.time), used: { ...used, bytes } } as const;
      await bench.records.put(KEYS.transfer(id), { ...there.value, ...failed }, there.version);
      await settle(finalizer, id, never);
    };
    await fail(50);
    expect((await as('ann').post(`/v1/transfers/${id}/retry`, { source: GOOD.source })).status).toBe(202);
    await fail(80);
    expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(202);
    expect((await as('ann').post(`/v1/transfers/${id}/retry`, { source: GOOD.source })).status).toBe(202);
    await fail(100);
    expect((await as('ann').post('/v1/transfers', GOOD)).status).toBe(429);
  });
});

describe('entries of a batch', () => {
  it('a list in the request with more is refused at once: 422, since no time changes it', async () => {
    const { bench, as } = world({ batchEntries: 2 });
    const entries = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ sources: [`https://origin.example/${index}`] }));
    const answer = await as('ann').post('/v1/batches', { ...BATCH, entries: entries(3) });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([422, null]);
    expect(await problemOf(answer)).toMatchObject({
      code: 'QuotaExceeded',
      quota: { name: 'batchEntries', limit: 2, used: 3 },
    });
    expect(bench.sent).toEqual([]);
    expect((await as('ann').post('/v1/batches', { ...BATCH, entries: entries(2) })).status).toBe(202);
  });
});

it('without quotas nothing is counted or written', async () => {
  const bench = apiBench();
  await bench.post('/v1/transfers', GOOD);
  await bench.post('/v1/batches', BATCH);
  expect([await pathsIn(bench, 'open/'), await pathsIn(bench, 'spent/')]).toEqual([[], []]);
});

it('an owner’s name in the records is one word, whatever it is made of', async () => {
  const owner = 'arn:aws:iam::123456789012:user/team/ann';
  const bench = apiBench({ ownerOf: () => owner }, memoryRecords(), { quotas: { open: 1 } });
  const { id } = await transferOf(await bench.post('/v1/transfers', GOOD));
  expect(await pathsIn(bench, 'open/')).toEqual([`open/${ownerName(owner)}/${id}.1`]);
  expect(ownerName(owner)).toBe('arn=3Aaws=3Aiam=3A=3A123456789012=3Auser=2Fteam=2Fann');
});

/** Each call takes its own number of turns of the loop before and after it, by the seed. */
function shuffled(records: Records, seed: number): Records {
  let state = seed;
  const turns = async () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    for (let count = state % 7; count > 0; count -= 1) await Promise.resolve();
  };
  const around = async <T>(call: () => Promise<T>): Promise<T> => {
    await turns();
    const answer = await call();
    await turns();
    return answer;
  };
  return {
    get: (key) => around(() => records.get(key)),
    put: (key, value, on) => around(() => records.put(key, value, on)),
    list: (under, cursor) => around(() => records.list(under, cursor)),
    delete: (key) => around(() => records.delete(key)),
  };
}
