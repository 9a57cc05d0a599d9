import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasPiece, pieceSet, pieceSetSize, withoutPiece, withPiece } from '../../lib/transfer/plan/piece-set.ts';
import type { Plan } from '../../lib/transfer/plan/plan.ts';
import { pieceRange } from '../../lib/transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import type { Progress } from '../../lib/transfer/progress/progress.ts';
import {
  bytesIn,
  bytesPerSecond,
  initialProgress,
  pieceBytesPerSecond,
  progressAfter,
  remainingMs,
} from '../../lib/transfer/progress/progress.ts';
import { rangeLength } from '../../lib/values/ranges.ts';

const transferId = '01J00000000000000000000000';
const plan: Plan = { mode: 'pieces', sizeBytes: 95, pieceSizeBytes: 10, pieceCount: 10 };
const snapshot = { ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [] } as const;

const planned = (doneThrough = 0, done: readonly number[] = []): PieceworkEvent => ({
  type: 'planned',
  transferId,
  plan,
  snapshot,
  doneThrough,
  done,
});
const started = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.started',
  transferId,
  pieceNumber,
  attempt: 1,
  bytes: 10,
});
const progressed = (pieceNumber: number, bytes: number): PieceworkEvent => ({
  type: 'piece.progress',
  transferId,
  pieceNumber,
  bytes,
});
const done = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.done',
  transferId,
  pieceNumber,
  bytes: rangeLength(pieceRange(plan, pieceNumber)),
  elapsedMs: 1,
});
const error = { code: 'SourceReset', message: 'reset' } as const;
const failed = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.failed',
  transferId,
  pieceNumber,
  attempt: 1,
  error,
});
const requeued = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.requeued',
  transferId,
  pieceNumber,
  attempt: 2,
  delayMs: 5,
  error,
});

/** One event each second, from the first second on. */
function fold(events: readonly PieceworkEvent[], start = initialProgress(0)): Progress {
  return events.reduce((progress, event, index) => progressAfter(progress, event, (index + 1) * 1000), start);
}

describe('a set of pieces', () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 });

  it('holds what was put in, in any order, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat({ max: 20 }), numbers, numbers, (through, first, then) => {
        const model = new Set([...Array.from({ length: through }, (_, index) => index + 1), ...first, ...then]);
        const set = then.reduce(withPiece, pieceSet(through, first));
        for (let number = 0; number <= 61; number += 1) expect(hasPiece(set, number)).toBe(model.has(number));
        expect(pieceSetSize(set)).toBe(model.size);
      }),
    );
  });

  it('holds no more what was taken out, and all else', () => {
    fc.assert(
      fc.property(numbers, numbers, (first, then) => {
        const taken = new Set(then);
        const set = then.reduce(withoutPiece, pieceSet(0, first));
        expect(set).toEqual(
          pieceSet(
            0,
            first.filter((number) => !taken.has(number)),
          ),
        );
      }),
    );
  });

  it('is ranges in order with gaps between them, so as few as can be', () => {
    fc.assert(
      fc.property(numbers, (list) => {
        const set = list.reduce(withPiece, pieceSet(0, []));
        for (const [first, last] of set) expect(first).toBeLessThanOrEqual(last);
        for (const [index, [first]] of set.entries()) {
          if (index > 0) expect(first).toBeGreaterThan((set[index - 1]?.[1] ?? 0) + 1);
        }
      }),
    );
  });

  it('joins what touches, and takes a number that comes twice once', () => {
    expect(pieceSet(1, [2, 3, 3, 5, 2])).toEqual([
      [1, 3],
      [5, 5],
    ]);
    expect(pieceSetSize(initialProgress(0).done)).toBe(0);
  });

  it('leaves the set that it was made from alone', () => {
    const before = pieceSet(0, [1, 3]);
    withPiece(before, 2);
    expect(before).toEqual(pieceSet(0, [3, 1]));
    expect(withPiece(before, 2)).toEqual([[1, 3]]);
  });
});

describe('progressAfter', () => {
  it('counts what an earlier run brought as done, with a short last piece, and not as speed', () => {
    const progress = fold([planned(3, [5, 10])]);
    expect(progress).toMatchObject({ doneCount: 5, doneBytes: 45, resumedPieces: 5, fetchedBytes: 0 });
    expect(bytesPerSecond(progress, 60_000)).toBe(0);
    expect(remainingMs(progress, 60_000)).toBeUndefined();
  });

  it('counts a piece in flight, and a finished one once', () => {
    const half = fold([planned(), started(1), progressed(1, 4)]);
    expect(bytesIn(half)).toBe(4);
    const whole = fold([planned(), started(1), progressed(1, 4), done(1), done(1)]);
    expect(whole).toMatchObject({ doneCount: 1, doneBytes: 10, fetchedBytes: 10 });
    expect(bytesIn(whole)).toBe(10);
  });

  it('counts what a store copied by itself as done, and not as fetched', () => {
    const copied: PieceworkEvent = { ...done(1), serverSideCopy: true } as PieceworkEvent;
    expect(fold([planned(), started(1), copied])).toMatchObject({ doneBytes: 10, fetchedBytes: 0 });
  });

  it('forgets the bytes of a piece that failed, and counts one retry for it', () => {
    const progress = fold([planned(), started(2), progressed(2, 9), failed(2), requeued(2)]);
    expect(bytesIn(progress)).toBe(0);
    expect(progress.troubled).toEqual(new Set([2]));
    expect(progress.retries).toBe(1);
    expect(progressAfter(progress, started(2), 9000).troubled).toEqual(new Set());
  });

  it('takes a late failure of a finished piece for no trouble', () => {
    const progress = fold([planned(), started(2), done(2), failed(2), started(2)]);
    expect(progress).toMatchObject({ doneCount: 1, troubled: new Set(), inFlight: new Map() });
  });

  it('gives speed and time left from what came in', () => {
    const progress = fold([planned(), started(1), progressed(1, 5), done(1)]);
    expect(bytesPerSecond(progress, 6000)).toBeCloseTo(2);
    expect(remainingMs(progress, 6000)).toBeCloseTo(42_500);
    const piece = fold([planned(), started(1), progressed(1, 5)]).inFlight.get(1);
    expect(piece).toBeDefined();
    if (piece !== undefined) expect(pieceBytesPerSecond(piece, 4000)).toBeCloseTo(2.5);
  });

  it('has no speed in no time, and none of a size that is not known', () => {
    const atOnce = [planned(), started(1), progressed(1, 5)].reduce(
      (progress, event) => progressAfter(progress, event, 1000),
      initialProgress(1000),
    );
    expect(bytesPerSecond(atOnce, 1000)).toBe(0);
    expect(bytesPerSecond(initialProgress(0), 1000)).toBe(0);
    expect(remainingMs(fold([started(1), progressed(1, 5), progressed(1, 9)]), 9000)).toBeUndefined();
  });

  it('has the speed of the last seconds, whatever was before: from the newest sample that is five seconds old', () => {
    const everyMs = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(everyMs, fc.integer({ min: 1, max: 1000 })), { maxLength: 100 }), (steps) => {
        let now = 0;
        let bytes = 0;
        let progress = fold([planned(), started(1)]);
        now = 2000;
        const model = progress.samples.map(({ at }) => ({ at, bytes: 0 }));
        for (const [passedMs, more] of steps) {
          now += passedMs;
          bytes += more;
          progress = progressAfter(progress, progressed(1, bytes), now);
          const isDue = now - (model.at(-1)?.at ?? 0) >= 250;
          if (!isDue) continue;
          const from = model.findLast(({ at }) => now - at >= 5000) ?? model[0];
          model.push({ at: now, bytes });
          if (from === undefined) throw new Error('the plan is the first sample');
          expect(bytesPerSecond(progress, now)).toBeCloseTo(((bytes - from.bytes) * 1000) / (now - from.at));
          expect(progress.samples).toEqual(model.slice(model.indexOf(from)));
        }
      }),
    );
  });

  it('slows down when nothing comes any more', () => {
    const progress = fold([planned(), started(1), progressed(1, 5)]);
    expect(bytesPerSecond(progress, 60_000)).toBeLessThan(bytesPerSecond(progress, 4000));
  });

  it('begins anew with a new plan, and remembers what this run has fetched and when it began', () => {
    const progress = fold([planned(), started(1), done(1), requeued(2), planned()]);
    expect(progress).toMatchObject({ startedAt: 0, doneCount: 0, doneBytes: 0, fetchedBytes: 10, retries: 1 });
    expect(progress.inFlight.size + progress.troubled.size).toBe(0);
  });

  it('returns the same object for what changes nothing', () => {
    const progress = fold([planned()]);
    expect(progressAfter(progress, { type: 'finalizing', transferId }, 5000)).toBe(progress);
    expect(progressAfter(progress, progressed(7, 3), 5000)).toBe(progress);
    const half = fold([planned(), started(1), progressed(1, 4)]);
    expect(progressAfter(half, progressed(1, 4), 5000)).toBe(half);
  });

  it('holds together whatever comes in whatever order', () => {
    const number = fc.integer({ min: 1, max: 10 });
    const event = fc.oneof(
      number.map(started),
      fc.tuple(number, fc.nat({ max: 10 })).map(([piece, bytes]) => progressed(piece, bytes)),
      number.map(done),
      number.map(failed),
      number.map(requeued),
    );
    fc.assert(
      fc.property(fc.array(number), fc.array(event, { maxLength: 60 }), (resumed, events) => {
        let progress = progressAfter(initialProgress(0), planned(0, resumed), 0);
        for (const [index, next] of events.entries()) progress = progressAfter(progress, next, index * 100);
        let bytes = 0;
        for (let piece = 1; piece <= 10; piece += 1) {
          if (!hasPiece(progress.done, piece)) continue;
          bytes += rangeLength(pieceRange(plan, piece));
          expect(progress.inFlight.has(piece) || progress.troubled.has(piece)).toBe(false);
        }
        expect(progress.doneBytes).toBe(bytes);
        expect(progress.doneCount).toBe(pieceSetSize(progress.done));
        expect(progress.samples.length).toBeLessThanOrEqual(23);
        for (const piece of progress.troubled) expect(progress.inFlight.has(piece)).toBe(false);
      }),
    );
  });
});
