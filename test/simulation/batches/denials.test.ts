import { describe, expect, test } from 'vitest';
import { PieceworkError } from '../../../lib/errors/error.ts';
import { makeShards } from '../../../lib/pipeline/batch/make-shards.ts';
import { outcomesInOrder } from '../../../lib/pipeline/batch/outcomes-in-order.ts';
import { runShards } from '../../../lib/pipeline/batch/run-shards.ts';
import { paces } from '../../../lib/pipeline/batch/work.ts';
import type { BatchEntry } from '../../../lib/transfer/batch/entry.ts';
import type { Outcome } from '../../../lib/transfer/batch/outcome.ts';
import { BACKOFF } from '../../../lib/transfer/retry.ts';
import { handClock } from '../../support/hand-clock.ts';
import { chanceFrom } from '../chance.ts';
import { batchWorld, portsOf } from './batch-world.ts';
import { BATCH } from './play-batch.ts';

/** Whether a request is denied: the number of the entry, and when. */
type Denies = (number: number, now: number) => boolean;

const ANSWER_MS = 5;
const MAX_WAIT_MS = 900_000;
const DAY_MS = 86_400_000;

function entriesOf(count: number): readonly BatchEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    sources: [{ url: `https://host.example/${index + 1}` }],
    name: `${index + 1}.bin`,
    expect: { digests: {} },
  }));
}

/** Plays a batch of one host in simulated time. */
async function play(count: number, denies: Denies) {
  const entries = entriesOf(count);
  const clock = handClock(0);
  const world = { ...batchWorld(chanceFrom(1)), entries, manners: new Map(), workers: 1_000 };
  const given = portsOf(world, Number.POSITIVE_INFINITY);
  const never = new AbortController().signal;
  const asked: number[] = [];
  const ports = {
    ...given,
    clock,
    sources: (url: string) => {
      const source = given.sources(url);
      return {
        ...source,
        async probe(...args: Parameters<typeof source.probe>) {
          asked.push(clock.now());
          const isDenied = denies(Number(url.split('/').at(-1)), clock.now());
          await clock.sleep(ANSWER_MS, never);
          if (!isDenied) return await source.probe(...args);
          throw new PieceworkError('SourceForbidden', `${url}: 403`, {
            details: { sourceStatus: 403, mayBeLimit: true },
          });
        },
      };
    },
  };
  async function* list() {
    yield* entries;
  }
  const { shards } = await makeShards(given, BATCH.id, list());
  const work = {
    ports,
    batch: BATCH,
    limits: { maxAttempts: 5, maxWaitMs: MAX_WAIT_MS, backoff: BACKOFF },
    lanes: 16,
    paceOf: paces(ports, { places: 8 }),
    known: () => {},
    came: () => {},
  };
  let isOver = false;
  const running = runShards(work, shards, never).finally(() => {
    isOver = true;
  });
  const settled = async () => {
    for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  let tookMs = 0;
  while (!isOver) {
    await clock.advance(1_000, settled);
    tookMs += 1_000;
    if (tookMs > DAY_MS) throw new Error('it does not end');
  }
  await running;
  const outcomes: Outcome[] = [];
  for await (const outcome of outcomesInOrder(world, BATCH.id, shards)) outcomes.push(outcome);
  const failed = outcomes.filter(({ kind }) => kind !== 'done');
  return { failed, doneCount: outcomes.length - failed.length, asked, tookMs };
}

/** Denies what is asked above so many requests in a second, whether it was denied itself or not. */
function above(perSecond: number): Denies {
  const last: number[] = [];
  return (_number, now) => {
    while ((last[0] ?? now) <= now - 1_000) last.shift();
    last.push(now);
    return last.length > perSecond;
  };
}

describe('a host that denies (403)', () => {
  test('what is asked above five requests a second: all of 5,000 come, at not much less', async () => {
    const { failed, doneCount, asked, tookMs } = await play(5_000, above(5));
    expect(failed).toEqual([]);
    expect(doneCount).toBe(5_000);
    expect(asked.length).toBeLessThan(5_000 * 1.1);
    expect(tookMs).toBeLessThan(2 * 1_000_000);
  });

  test('all of us for four minutes: all come', async () => {
    const { failed, asked } = await play(100, (_number, now) => now > 50 && now < 240_000);
    expect(failed).toEqual([]);
    expect(asked.length).toBeLessThan(500);
  });

  test('one file of many is denied for good, and holds up none of the others', async () => {
    const { failed, asked, tookMs } = await play(500, (number) => number === 250);
    expect(failed).toMatchObject([{ entry: 250, error: { code: 'SourceForbidden' } }]);
    expect(asked).toHaveLength(502);
    expect(tookMs).toBeLessThan(150_000);
  });

  test('every second file: some are waited for, and then it is believed', async () => {
    const { failed, asked, tookMs } = await play(1_000, (number) => number % 2 === 0);
    expect(failed).toHaveLength(500);
    expect(asked.length).toBeLessThan(2_000);
    expect(tookMs).toBeLessThan(3_600_000);
  });

  test('all of us for good after a while: it ends with that once patience is used up', async () => {
    const { failed, doneCount, tookMs } = await play(100, (_number, now) => now > 50);
    expect(failed.every(({ error }) => error?.code === 'SourceForbidden')).toBe(true);
    expect(failed.length + doneCount).toBe(100);
    // What had not been asked for yet is asked for once, after the last pause.
    expect(tookMs).toBeLessThan(MAX_WAIT_MS + 330_000);
  });

  test('from the first request on: that is believed at once', async () => {
    const { failed, asked, tookMs } = await play(20, () => true);
    expect(failed).toHaveLength(20);
    expect(asked).toHaveLength(20);
    expect(tookMs).toBeLessThan(5_000);
  });
});
