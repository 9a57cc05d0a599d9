import { describe, expect, it } from 'vitest';
import type { WaitPlaces } from '../../lib/api/answers/wait-places.ts';
import { waitPlaces } from '../../lib/api/answers/wait-places.ts';
import { createClient } from '../../lib/api/client/client.ts';
import { transferStatus } from '../../lib/pipeline/requests/query.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { PieceSet } from '../../lib/transfer/plan/piece-set.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW, transferring } from '../support/a-transfer.ts';
import type { ApiBench } from '../support/api-bench.ts';
import { apiBench, ID } from '../support/api-bench.ts';
import { serveApi } from '../support/serve-api.ts';

// What a look costs: how many may wait, and how much of the ledger is read.

const NO_PLACES: WaitPlaces = { take: async () => false, borrow: async () => undefined };

describe('requests that wait for a change', () => {
  it('are no more than there are places, in all processes together, and places become free by themselves', async () => {
    const records = memoryRecords();
    const clock = { time: NOW, now: () => clock.time, sleep: async () => undefined };
    const names = Array.from({ length: 1000 }, (_, index) => `id ${index}`);
    const ids = { ulid: () => names.pop() ?? '' };
    // Two processes, which know nothing of each other.
    const both = [waitPlaces({ records, clock, ids }, 8), waitPlaces({ records, clock, ids }, 8)];
    const takeMany = async () => {
      const taken = await Promise.all(Array.from({ length: 100 }, (_, index) => both[index % 2]?.take(20_000)));
      return taken.filter(Boolean).length;
    };
    const first = await takeMany();
    expect(first).toBeGreaterThan(4);
    expect(first).toBeLessThanOrEqual(8);
    clock.time += 10_000;
    expect(first + (await takeMany())).toBeLessThanOrEqual(8);
    clock.time += 20_000;
    expect(await takeMany()).toBeGreaterThan(4);
  });

  it('give a place back that was borrowed, and else it becomes free by itself', async () => {
    const { ports } = apiBench();
    const places = waitPlaces(ports, 1);
    await using first = await places.borrow(20_000);
    expect(first).toBeDefined();
    expect(await places.borrow(20_000)).toBeUndefined();
    await first?.[Symbol.asyncDispose]();
    expect(await places.take(20_000)).toBe(true);
    // What another has by now is not given back once more.
    await first?.[Symbol.asyncDispose]();
    expect(await places.borrow(20_000)).toBeUndefined();
  });

  it('find none where none may wait', async () => {
    const { ports } = apiBench();
    expect(await waitPlaces(ports, 0).take(1000)).toBe(false);
    expect(await waitPlaces(ports, 0).borrow(1000)).toBeUndefined();
  });

  it('are answered at once where too many wait, and hear when to come again', async () => {
    const bench = apiBench({ waits: NO_PLACES });
    await bench.store(ID, transferring());
    bench.onSleep = () => {
      throw new Error('it is not to wait');
    };
    const answer = await bench.get(`/v1/transfers/${ID}?waitSeconds=20`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([200, '5']);
    expect((await bench.get(`/v1/transfers/${ID}?waitSeconds=2`)).headers.get('retry-after')).toBe('2');
    expect((await bench.get(`/v1/transfers/${ID}`)).headers.get('retry-after')).toBe(null);
    expect((await bench.get('/v1/transfers/NONE?waitSeconds=2')).status).toBe(404);
  });

  it('wait where there is a place', async () => {
    const asked: number[] = [];
    const bench = apiBench({ waits: { ...NO_PLACES, take: async (ms) => asked.push(ms) > 0 } });
    await bench.store(ID, transferring());
    const answer = await bench.get(`/v1/transfers/${ID}?waitSeconds=3`);
    expect([answer.headers.get('retry-after'), asked, bench.time - NOW]).toEqual([null, [3000], 3000]);
  });

  it('are made up for by the client, which waits where it is and looks once more', async () => {
    const bench = apiBench({ waits: NO_PLACES });
    await bench.store(ID, transferring());
    await using served = await serveApi(bench.app);
    await using client = createClient({ url: served.url });
    expect(await client.get(ID, { waitSeconds: 1 })).toMatchObject({ id: ID });
    expect(served.requests.map(({ url }) => url.replace(/^.*transfers/, ''))).toEqual([
      `/${ID}?waitSeconds=1`,
      `/${ID}`,
    ]);
  });
});

describe('the pieces of a transfer', () => {
  const COUNT = 10_000;

  /** All parts up to `through` are there, one a second; what is asked of the ledger is noted. */
  async function looked(bench: ApiBench, through: number, reported: PieceSet, doneThrough: number) {
    const asked: number[] = [];
    const plan = { mode: 'pieces', sizeBytes: COUNT * 10, pieceSizeBytes: 10, pieceCount: COUNT } as const;
    const began = NOW - through * 1000;
    await bench.store(ID, {
      ...transferring(),
      plan,
      cursor: through + 9,
      doneThrough,
      reported,
      deadlineAt: toIso(began + 86_400_000),
    });
    const destination = bench.ports.destinations({ kind: 's3' });
    Object.assign(destination, {
      async listParts(_: unknown, after: number) {
        asked.push(after);
        const numbers = Array.from({ length: Math.max(0, through - after) }, (_, index) => after + index + 1);
        const parts = numbers.map((number) => ({
          number,
          sizeBytes: 10,
          crc32: 1,
          modifiedAt: toIso(began + number * 1000),
        }));
        return parts.length > 1000 ? { parts: parts.slice(0, 1000), next: after + 1000 } : { parts };
      },
    });
    const answer = await bench.get(`/v1/transfers/${ID}`);
    return { asked, detail: (await answer.json()) as Record<string, Record<string, unknown>> };
  }

  it('are looked at with one request, however many are done, and say the same as when all are listed', async () => {
    const bench = apiBench();
    const { asked, detail } = await looked(bench, 8000, [[7901, 7990]], 7900);
    expect(asked).toEqual([7490]);
    expect(detail['pieces']).toMatchObject({ doneCount: 8000, doneRanges: [[1, 8000]], inFlightCount: 8 });
    expect(detail['progress']).toMatchObject({ doneBytes: 80_000, percent: 80, bytesPerSecond: 10 });
    const whole = await transferStatus(bench.ports, ID, new AbortController().signal);
    expect(whole.pieces).toMatchObject({ doneCount: 8000, doneBytes: 80_000, listedAfter: 0 });
  });

  it('are listed from the begin where the record knows of none', async () => {
    const { asked, detail } = await looked(apiBench(), 300, [[5, 9]], 0);
    expect(asked).toEqual([0]);
    expect(detail['pieces']).toMatchObject({ doneCount: 300 });
  });
});
