import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { landingRate, progressOf } from '../../lib/api/answers/progress.ts';
import type { Part } from '../../lib/transfer/plan/ledger.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW, transferring } from '../support/a-transfer.ts';

const part = (number: number, at: number, sizeBytes = 10): Part => ({
  number,
  sizeBytes,
  crc32: 1,
  modifiedAt: toIso(NOW + at),
});

describe('the speed, from the times in the ledger', () => {
  it('is that of the last minute, and of more than a few pieces', () => {
    const parts = [part(1, 0, 1_000_000), part(2, 20_000, 600), part(3, 40_000, 600), part(4, 100_000, 600)];
    const [since, now] = [NOW - 100_000, NOW + 100_000];
    expect(landingRate(parts, since, now, 1)).toBe(600 / 60);
    expect(landingRate(parts, since, now, 2)).toBe(1200 / 80);
    expect(landingRate(parts, since, now, 3)).toBe(1800 / 100);
    // There are not so many: the whole run counts.
    expect(landingRate(parts, since, now, 4)).toBe(1_001_800 / 200);
  });

  it('does not count what an earlier run brought', () => {
    expect(landingRate([part(1, -5_000), part(2, 5_000)], NOW, NOW + 10_000, 16)).toBe(1);
    expect(landingRate([part(1, -5_000)], NOW, NOW + 10_000, 16)).toBeUndefined();
  });

  it('falls while nothing comes, and is unknown before it means anything', () => {
    const parts = [part(1, 1_000, 1000)];
    const rates = [2, 10, 60, 600].map((seconds) => landingRate(parts, NOW, NOW + seconds * 1000, 2) ?? Number.NaN);
    expect(rates).toEqual(rates.toSorted((a, b) => b - a));
    expect(landingRate(parts, NOW, NOW + 999, 2)).toBeUndefined();
    expect(landingRate([], NOW, NOW + 5_000, 2)).toBeUndefined();
  });

  it('is right for a steady source, whatever it is and however many pieces are looked at', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 2, max: 64 }),
        (count, seconds, few) => {
          const parts = Array.from({ length: count }, (_, index) =>
            part(index + 1, (index + 1) * seconds * 1000, 1000),
          );
          const rate = landingRate(parts, NOW, NOW + count * seconds * 1000, few);
          expect(rate).toBeCloseTo(1000 / seconds, 5);
        },
      ),
    );
  });
});

describe('progress', () => {
  const look = (doneBytes: number, over: Parameters<typeof transferring>[0] = {}) => ({
    record: transferring({ deadlineAt: toIso(NOW + 24 * 3_600_000), ...over }),
    pieces: {
      count: 10,
      doneCount: Math.floor(doneBytes / 10),
      doneBytes,
      parts: [part(1, 5_000, 50)],
      listedAfter: 0,
      isDone: () => false,
    },
  });

  it('is 100 percent only when every byte is there', () => {
    expect(progressOf(look(99), NOW + 10_000).percent).toBe(99);
    expect(progressOf(look(100), NOW + 10_000)).toMatchObject({ percent: 100, remainingSeconds: 0 });
    const large = { mode: 'pieces', sizeBytes: 1_000_000, pieceSizeBytes: 10, pieceCount: 100_000 } as const;
    expect(progressOf(look(999_999, { plan: large }), NOW).percent).toBe(99);
  });

  it('estimates while bytes come, and not after the end', () => {
    expect(progressOf(look(50), NOW + 10_000)).toEqual({
      doneBytes: 50,
      sizeBytes: 100,
      percent: 50,
      bytesPerSecond: 5,
      remainingSeconds: 10,
    });
    expect(progressOf(look(50, { status: 'failed' }), NOW + 10_000)).toEqual({
      doneBytes: 50,
      sizeBytes: 100,
      percent: 50,
    });
    expect(progressOf({ record: transferring({ status: 'planning' }) }, NOW)).toEqual({ sizeBytes: 100 });
  });
});
