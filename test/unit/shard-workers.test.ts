import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Destination } from '../../lib/destinations/destination.ts';
import { fleetMemory } from '../../lib/pipeline/batch/deployed/work/fleet-memory.ts';
import { beginShift } from '../../lib/pipeline/batch/deployed/work/shift.ts';
import { workOnShard } from '../../lib/pipeline/batch/deployed/work/work-on-shard.ts';
import type { ShardTurn } from '../../lib/pipeline/batch/shard-outcomes.ts';
import { leaseOutcomes } from '../../lib/pipeline/batch/shard-outcomes.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { Source } from '../../lib/sources/source.ts';
import { systemClock } from '../../lib/system/clock.ts';
import { systemIds } from '../../lib/system/ids.ts';
import type { BatchRecord } from '../../lib/transfer/batch/batch-record.ts';
import type { Outcome } from '../../lib/transfer/batch/outcome.ts';
import { answered } from '../simulation/batches/entry-source.ts';
import { memorySealed } from '../support/memory-sealed.ts';

const ID = '01JABCDEFGHJKMNPQRSTVWXYZ0';
const NOW = Date.parse('2026-01-01T00:00:00.000Z');
const never = new AbortController().signal;

const outcome = (entry: number): Outcome => ({ entry, kind: 'done', name: `${entry}`, source: '' });
const entriesOf = (outcomes: readonly Outcome[] = []) => outcomes.map(({ entry }) => entry);

/** Several workers of one shard, with one clock. */
function workers() {
  const records = memoryRecords();
  const clock = { at: NOW };
  const ports = { records, ids: systemIds, clock: { ...systemClock, now: () => clock.at } };
  const turn = (owner: string, cutOffAt = Number.POSITIVE_INFINITY): ShardTurn => ({
    run: 1,
    owner,
    leaseMs: 90_000,
    cutOffAt,
    silentSince: () => undefined,
    wasCut: () => owner === 'is cut',
  });
  const take = async (owner: string, cutOffAt?: number) => {
    const leased = await leaseOutcomes(ports, ID, 1, turn(owner, cutOffAt), []);
    if (typeof leased === 'string') throw new Error(leased);
    return leased;
  };
  const lease = async (owner: string, cutOffAt?: number) => (await take(owner, cutOffAt)).outcomes;
  const stored = async () => (await records.get(KEYS.outcomes(ID, 1)))?.value;
  return { clock, take, lease, stored };
}

test('what a slow worker has when its shard is another’s goes to that one', async () => {
  const { clock, lease, stored } = workers();
  const slow = await lease('slow');
  slow.add(outcome(1));
  slow.add(outcome(2));
  clock.at += 100_000;
  const other = await lease('other');
  other.add(outcome(3));
  await expect(slow.checkpoint()).rejects.toThrow('shard');
  expect(await stored()).toMatchObject({ lease: { owner: 'other' } });
  expect(entriesOf((await stored())?.outcomes)).toEqual([1, 2]);
  other.add({ ...outcome(2), kind: 'failed' });
  await other.leave([]);
  expect((await stored())?.outcomes.map(({ entry, kind }) => `${entry} ${kind}`).sort()).toEqual([
    '1 done',
    '2 done',
    '3 done',
  ]);
});

test('what is complete is not changed by a worker that comes late', async () => {
  const { clock, lease, stored } = workers();
  const slow = await lease('slow');
  slow.add(outcome(1));
  clock.at += 100_000;
  const other = await lease('other');
  other.add({ ...outcome(1), kind: 'failed' });
  await other.leave([]);
  await expect(slow.leave([])).rejects.toThrow('shard');
  expect((await stored())?.outcomes).toMatchObject([{ entry: 1, kind: 'failed' }]);
});

test('a lease ends with its worker, so that its message is of use when it comes again', async () => {
  const { clock, lease } = workers();
  await lease('dies young', NOW + 20_000);
  clock.at = NOW + 19_000;
  await expect(lease('early')).rejects.toThrow('held');
  clock.at = NOW + 20_000;
  await lease('next');
});

test('what is there is known by the outcomes until a worker dies over the shard, or is cut', async () => {
  for (const ends of ['is cut', 'dies'] as const) {
    const { clock, take } = workers();
    const seen: boolean[] = [];
    const turnOf = async (owner: string) => {
      const { outcomes, isSure } = await take(owner);
      seen.push(isSure);
      return outcomes;
    };
    await (await turnOf('first')).leave([1]);
    const bad = await turnOf(ends);
    if (ends === 'is cut') await bad.leave([1]);
    clock.at += 100_000;
    await (await turnOf('next')).leave([1]);
    await turnOf('last');
    expect(seen).toEqual([true, true, false, false]);
  }
});

/** Of a shift that begins so long before its worker is cut off: when it begins nothing more, and when it is over. */
async function endsOf(pieceLifeMs: number, cutOffMs: number): Promise<readonly number[]> {
  let now = 0;
  const clock = {
    now: () => now,
    async sleep(ms: number, signal: AbortSignal) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      now += ms;
    },
  };
  const policy = { pieceLifeMs } as Ports['policy'];
  const shift = beginShift({ clock, policy }, never, async () => true, cutOffMs);
  // Something is under way to the end.
  using _connection = shift.connection();
  let closedAt = -1;
  const closed = async () => {
    if (closedAt < 0) closedAt = now;
  };
  const pace = shift.paced({
    take: async () => ({ done: () => {}, failed: closed }),
  } as unknown as Parameters<typeof shift.paced>[0]);
  while (!shift.signal.aborted) {
    if (closedAt < 0) void pace.take(shift.signal).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [closedAt, now].map((at) => at / 1000);
}

test.each([
  // A function's usual two minutes, and the same when it began ten seconds before the shift.
  [107_000, 120_000, [100, 108]],
  [107_000, 110_000, [98, 106]],
  // Twenty seconds, of which five are over already; and the shortest.
  [15_000, 15_000, [6, 10]],
  [7_500, 10_000, [4, 6]],
] as const)(
  'a life of %i ms that is cut off after %i ms leaves time for the last write',
  async (life, cutOff, ends) => {
    expect(await endsOf(life, cutOff)).toEqual(ends);
  },
);

test('a worker stops as soon as it sees that its shard is another’s', async () => {
  const records = memoryRecords();
  const sealed = memorySealed();
  const asked: string[] = [];
  const source = {
    async probe({ url }: { readonly url: string }, _most: number, { signal }: { readonly signal: AbortSignal }) {
      asked.push(url);
      // The others never answer.
      if (asked.length > 3)
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return answered({ url, text: url, mostBytes: 100, readBytes: 100, step: () => {} });
    },
  };
  const destination = {
    kind: 's3',
    head: async () => undefined,
    putObject: async (_object, sizeBytes, body) => ({
      sizeBytes,
      crc32: body.kind === 'whole' ? crc32(body.bytes) : 0,
    }),
  } satisfies Partial<Destination>;
  const queues = { finalizer: { send: async () => {} } };
  const ports = {
    records,
    clock: systemClock,
    ids: systemIds,
    secrets: {},
    sources: () => source as unknown as Source,
    destinations: () => destination as unknown as Destination,
    fleet: { sealed, queues },
    policy: { pieceLifeMs: 120_000, recordCacheMs: 0, decide: { backoff: { baseMs: 1, capMs: 1 } } },
  } as unknown as Ports;
  await records.put(
    KEYS.batch(ID),
    {
      v: 1,
      id: ID,
      status: 'running',
      place: { kind: 's3', bucket: 'bucket', key: 'in/' },
      list: { readingId: 'R', shards: 1, entries: 9 },
      options: { ifExists: 'replace', maxAttempts: 1, object: {} },
    } as unknown as BatchRecord,
    'absent',
  );
  const entries = Array.from({ length: 9 }, (_, index) => ({
    number: index + 1,
    name: `${index + 1}`,
    sources: [{ url: `https://host.example/${index + 1}` }],
    expect: { digests: {} },
  }));
  await sealed.seal(`batches/${ID}/R/1`, { v: 1, entries });
  const clock = { ...systemClock, sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms / 40, signal) };
  const task = { kind: 'shard', v: 1, batchId: ID, run: 1, shard: 1, turn: 1, places: 2 } as const;
  const working = workOnShard({ ...ports, clock }, fleetMemory(ports), task, never);
  await expect.poll(() => asked.length).toBe(5);
  const found = await records.get(KEYS.outcomes(ID, 1));
  if (found === undefined) throw new Error('no lease');
  const lease = { owner: 'other', until: '2100-01-01T00:00:00.000Z' };
  await records.put(KEYS.outcomes(ID, 1), { ...found.value, outcomes: [], lease, writeId: 'W' }, found.version);
  await working;
  const after = (await records.get(KEYS.outcomes(ID, 1)))?.value;
  expect(after?.lease).toEqual(lease);
  expect(entriesOf(after?.outcomes)).toEqual([1, 2, 3]);
  expect(asked).toHaveLength(5);
});
