import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extraBytesAllowed, judge, mayRescue, STRAGGLERS } from '../../lib/transfer/straggler.ts';

const MIB = 1024 ** 2;
/** Siblings took 4 s: late after 6 s, slow at a speed that would take more than 12. */
const usual = [90_000, 5_000, 2_000, 4_000, 3_000];
const piece = (waitedMs: number, bytes: number) => ({ sizeBytes: 8 * MIB, bytes, waitedMs });

describe('a straggler', () => {
  it.each([
    ['late and slow', 6_000, MIB, 'straggler'],
    ['late, and nothing came at all', 6_000, 0, 'straggler'],
    ['slow, and not late yet', 5_000, 0, { lookAgainMs: 1_000 }],
    ['late, and at a speed that is not so slow', 6_000, 5 * MIB, { lookAgainMs: 1_000 }],
    ['late, and exactly three times as slow', 6_000, 4 * MIB, { lookAgainMs: 1_000 }],
  ] as const)('%s', (_, waitedMs, bytes, verdict) => {
    expect(judge(piece(waitedMs, bytes), usual, STRAGGLERS)).toEqual(verdict);
  });

  it('is measured by the one in the middle, or by the mean of the two', () => {
    const lateAfter = (siblings: readonly number[]) => judge(piece(0, 0), siblings, STRAGGLERS);
    expect(lateAfter([90_000, 2_000, 4_000])).toEqual({ lookAgainMs: 6_000 });
    expect(lateAfter([90_000, 6_000, 2_000, 4_000])).toEqual({ lookAgainMs: 7_500 });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1_000, max: 1e6 }), { minLength: 3, maxLength: 40 }), (siblings) => {
        const verdict = lateAfter(siblings);
        if (verdict === 'straggler') throw new Error('nothing was waited for');
        const usualMs = verdict.lookAgainMs / 1.5;
        expect(siblings.filter((ms) => ms < usualMs).length).toBeLessThanOrEqual(siblings.length / 2);
        expect(siblings.filter((ms) => ms > usualMs).length).toBeLessThanOrEqual(siblings.length / 2);
      }),
    );
  });

  it('is never called so before three siblings have come', () => {
    expect(judge(piece(3_600_000, 0), [10, 10], STRAGGLERS)).toEqual({ lookAgainMs: 1_000 });
    expect(judge(piece(3_600_000, 0), [10, 10, 10], STRAGGLERS)).toBe('straggler');
  });

  it('is never called so within the first second, however quick the others were', () => {
    expect(judge(piece(999, 0), [1, 1, 1], STRAGGLERS)).toEqual({ lookAgainMs: 1 });
  });

  it('is looked at again after a while, whatever was found', () => {
    fc.assert(
      fc.property(
        fc.nat(1e7),
        fc.nat(8 * MIB),
        fc.array(fc.nat(1e6), { maxLength: 40 }),
        (waitedMs, bytes, siblings) => {
          const verdict = judge(piece(waitedMs, bytes), siblings, STRAGGLERS);
          expect(verdict === 'straggler' || verdict.lookAgainMs > 0).toBe(true);
        },
      ),
    );
  });
});

describe('a rescue', () => {
  const load = { inFlight: 8, rescuing: 0, fetchedBytes: 30 * 8 * MIB, extraBytes: 0, pieceSizeBytes: 8 * MIB };

  it('is for a quarter of the pieces in flight at most, and always for one', () => {
    expect(mayRescue({ ...load, rescuing: 1 }, MIB, STRAGGLERS)).toBe(true);
    expect(mayRescue({ ...load, rescuing: 2 }, MIB, STRAGGLERS)).toBe(false);
    expect(mayRescue({ ...load, inFlight: 1 }, MIB, STRAGGLERS)).toBe(true);
    expect(mayRescue({ ...load, inFlight: 1, rescuing: 1 }, MIB, STRAGGLERS)).toBe(false);
  });

  it('adds up to a tenth of what came, and one piece', () => {
    expect(extraBytesAllowed(load, STRAGGLERS)).toBe(4 * 8 * MIB);
    expect(mayRescue({ ...load, extraBytes: 24 * MIB }, 8 * MIB, STRAGGLERS)).toBe(true);
    expect(mayRescue({ ...load, extraBytes: 24 * MIB + 1 }, 8 * MIB, STRAGGLERS)).toBe(false);
  });
});
