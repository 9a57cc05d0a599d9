import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { afterEntryFailure } from '../../lib/transfer/batch/again.ts';
import type { BatchEntry } from '../../lib/transfer/batch/entry.ts';
import type { Outcome } from '../../lib/transfer/batch/outcome.ts';
import { counted, grouped, merged, NO_OUTCOMES, total } from '../../lib/transfer/batch/outcome.ts';
import type { Shard } from '../../lib/transfer/batch/shards.ts';
import { shardMaker } from '../../lib/transfer/batch/shards.ts';
import { hasTooManyFailures } from '../../lib/transfer/batch/stop-rules.ts';

function entry(number: number): BatchEntry {
  return { number, sources: [{ url: `https://h/${number}` }], name: String(number), expect: { digests: {} } };
}

function outcome(number: number, kind: Outcome['kind'], more: Partial<Outcome> = {}): Outcome {
  return { entry: number, kind, name: String(number), source: `https://h/${number}`, ...more };
}

describe('shards', () => {
  const LIMITS = { most: 4, rare: 2, openHosts: 3 };

  function shardsOf(hosts: readonly string[]): readonly Shard[] {
    const maker = shardMaker(LIMITS);
    return [...hosts.flatMap((host, index) => maker.add(entry(index + 1), host)), ...maker.end()];
  }

  it('hold every entry once, in list order, of one host unless they are of rare ones', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')), (hosts) => {
        const shards = shardsOf(hosts);
        const numbers = shards.flatMap(({ entries }) => entries.map(({ number }) => number));
        expect([...numbers].sort((a, b) => a - b)).toEqual(hosts.map((_, index) => index + 1));
        expect(shards.map(({ number }) => number)).toEqual(shards.map((_, index) => index + 1));
        for (const { entries, host } of shards) {
          expect(entries.length).toBeGreaterThan(0);
          expect(entries.length).toBeLessThanOrEqual(LIMITS.most);
          const sorted = [...entries].sort((a, b) => a.number - b.number);
          expect(entries).toEqual(sorted);
          if (host !== undefined) expect(entries.every(({ number }) => hosts[number - 1] === host)).toBe(true);
        }
      }),
    );
  });

  it('are the same for the same list', () => {
    const hosts = Array.from({ length: 50 }, (_, index) => 'abcdefgh'[(index * 7) % 8] ?? '');
    expect(shardsOf(hosts)).toEqual(shardsOf(hosts));
  });

  it('hold back no more than the limits say, however many hosts there are', () => {
    const maker = shardMaker(LIMITS);
    let held = 0;
    for (let number = 1; number <= 1000; number += 1) {
      held += 1;
      for (const { entries } of maker.add(entry(number), `host-${number % 97}`)) held -= entries.length;
      expect(held).toBeLessThanOrEqual(LIMITS.openHosts * LIMITS.most + LIMITS.most);
    }
  });
});

describe('outcomes', () => {
  const kinds = fc.constantFrom('done', 'unchanged', 'failed', 'cancelled');
  const some = fc.uniqueArray(
    fc.tuple(fc.integer({ min: 1, max: 9 }), kinds).map(([number, kind]) => outcome(number, kind)),
    { selector: ({ entry: number }) => number },
  );

  it('of two workers become one for each entry, and none that is there is lost', () => {
    fc.assert(
      fc.property(some, some, (ours, theirs) => {
        const both = merged(ours, theirs);
        const entries = both.map(({ entry: number }) => number);
        expect(new Set(entries).size).toBe(entries.length);
        expect(new Set(entries)).toEqual(new Set([...ours, ...theirs].map(({ entry: number }) => number)));
        for (const { entry: number, kind } of [...ours, ...theirs]) {
          if (kind !== 'done' && kind !== 'unchanged') continue;
          expect(['done', 'unchanged']).toContain(both.find((one) => one.entry === number)?.kind);
        }
      }),
    );
  });

  it('are summed up, and bytes count where they were brought', () => {
    const all = [
      outcome(1, 'done', { sizeBytes: 5 }),
      outcome(2, 'unchanged', { sizeBytes: 7 }),
      outcome(3, 'failed'),
      outcome(4, 'cancelled'),
    ];
    const counters = all.reduce(counted, NO_OUTCOMES);
    expect(counters).toEqual({ done: 1, unchanged: 1, failed: 1, cancelled: 1, bytes: 5 });
    expect(total(counters)).toBe(4);
  });

  it('are grouped by their cause, with a few examples', () => {
    const error = { code: 'SourceNotFound', message: 'gone' } as const;
    const all = [1, 2, 3, 4, 5].map((number) => outcome(number, 'failed', { error }));
    const groups = [...all, outcome(6, 'done')].reduce(grouped, []);
    expect(groups).toEqual([{ code: 'SourceNotFound', count: 5, examples: all.slice(0, 3) }]);
  });
});

describe('giving up', () => {
  const of = (done: number, failed: number) => ({ ...NO_OUTCOMES, done, failed });

  it.each([
    [of(0, 3), { entries: 3 }, false],
    [of(0, 4), { entries: 3 }, true],
    [of(0, 1), { entries: 0 }, true],
    [of(95, 5), { percent: 5 }, false],
    [of(94, 6), { percent: 5 }, true],
    // A share of few says nothing.
    [of(0, 5), { percent: 5 }, false],
    [of(1000, 1000), undefined, false],
  ] as const)('%j %j %s', (counters, limit, isOver) => {
    expect(hasTooManyFailures(counters, limit)).toBe(isOver);
  });
});

describe('after the failure of an entry', () => {
  const limits = { maxAttempts: 3, maxWaitMs: 900_000, backoff: { baseMs: 500, capMs: 30_000 } };
  const reset = new PieceworkError('SourceReset', 'reset');
  const busy = new PieceworkError('SourceBusy', 'busy', { details: { retryAfterMs: 7000 } });

  it('what can not pass is final', () => {
    const error = new PieceworkError('SourceNotFound', 'gone');
    expect(afterEntryFailure(error, { failures: 0, waits: 0 }, 0, limits, 's')).toBe('final');
  });

  it('what may pass is tried as often as is allowed', () => {
    expect(afterEntryFailure(reset, { failures: 1, waits: 9 }, 0, limits, 's')).toMatchObject({
      tries: { failures: 2, waits: 9 },
    });
    expect(afterEntryFailure(reset, { failures: 2, waits: 0 }, 0, limits, 's')).toBe('final');
  });

  it('patience is no failure, is obeyed in full, and ends where the host has long been silent', () => {
    const again = afterEntryFailure(busy, { failures: 2, waits: 50 }, 1000, limits, 's');
    expect(again).toMatchObject({ tries: { failures: 2, waits: 51 } });
    expect(again === 'final' ? 0 : again.delayMs).toBeGreaterThanOrEqual(7000);
    expect(afterEntryFailure(busy, { failures: 0, waits: 1 }, 900_000, limits, 's')).toBe('final');
  });
});
