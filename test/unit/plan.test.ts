import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { PlanInput, PlanPolicy } from '../../lib/transfer/plan/divide-pieces.ts';
import { dividePieces } from '../../lib/transfer/plan/divide-pieces.ts';
import type { Limits } from '../../lib/transfer/plan/limits.ts';
import { S3_LIMITS } from '../../lib/transfer/plan/limits.ts';
import type { Plan } from '../../lib/transfer/plan/plan.ts';
import { pieceRange, samePlan } from '../../lib/transfer/plan/plan.ts';

const MIB = 1024 ** 2;
const TIB = 1024 ** 4;

const POLICY: PlanPolicy = {
  singleMaxBytes: 8 * MIB,
  preferredPieceBytes: 16 * MIB,
  granuleBytes: MIB,
  streamPieceBytes: 64 * MIB,
  pieceTimeMs: 60_000,
};

function input(over: Partial<PlanInput>): PlanInput {
  return { sizeBytes: 1024 * MIB, ranges: true, limits: S3_LIMITS, parallelism: 8, policy: POLICY, ...over };
}

/** As the last byte of the largest object, and everywhere below it, small sizes as often as large ones. */
const sizeBytes = fc.oneof(
  fc.integer({ min: 0, max: 64 * MIB }),
  fc.integer({ min: 0, max: S3_LIMITS.maxObjectBytes }),
);
const parallelism = fc.integer({ min: 1, max: 256 });

/** What every store has: enough pieces of the largest size for the largest object. */
const limits: fc.Arbitrary<Limits> = fc
  .record({
    maxPieces: fc.integer({ min: 1, max: 10_000 }),
    minPieceBytes: fc.integer({ min: 1, max: 5 * MIB }),
    factor: fc.integer({ min: 1, max: 1024 }),
  })
  .map(({ maxPieces, minPieceBytes, factor }) => {
    const maxPieceBytes = minPieceBytes * factor;
    return { maxPieces, minPieceBytes, maxPieceBytes, maxObjectBytes: maxPieces * maxPieceBytes };
  });

const policy: fc.Arbitrary<PlanPolicy> = fc.record({
  singleMaxBytes: fc.integer({ min: 0, max: 16 * MIB }),
  preferredPieceBytes: fc.integer({ min: 1, max: 256 * MIB }),
  granuleBytes: fc.constantFrom(1, 1024, MIB),
  streamPieceBytes: fc.integer({ min: 1, max: 64 * MIB }),
  pieceTimeMs: fc.constant(60_000),
});

function errorOf(act: () => unknown): PieceworkError {
  try {
    act();
  } catch (error) {
    if (error instanceof PieceworkError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function expectWithin(plan: Plan, size: number, { maxPieces, minPieceBytes, maxPieceBytes }: Limits): void {
  if (plan.mode !== 'pieces') return;
  expect(plan.pieceCount).toBeLessThanOrEqual(maxPieces);
  expect(plan.pieceSizeBytes).toBeLessThanOrEqual(maxPieceBytes);
  if (plan.pieceCount > 1) expect(plan.pieceSizeBytes).toBeGreaterThanOrEqual(minPieceBytes);
  expect(plan.sizeBytes).toBe(size);
}

describe('the pieces of a plan', () => {
  it('tile [0, size) exactly, in order, none of them empty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 * MIB }), parallelism, (size, workers) => {
        const plan = dividePieces(
          input({ sizeBytes: size, parallelism: workers, policy: { ...POLICY, singleMaxBytes: 0 } }),
        );
        if (plan.mode !== 'pieces') throw new Error(plan.mode);
        let at = 0;
        for (let number = 1; number <= plan.pieceCount; number += 1) {
          const { start, end } = pieceRange(plan, number);
          expect(start).toBe(at);
          expect(end).toBeGreaterThan(start);
          expect(end - start === plan.pieceSizeBytes || number === plan.pieceCount).toBe(true);
          at = end;
        }
        expect(at).toBe(size);
      }),
    );
  });

  it('meet at their borders and end at the size, up to the largest object there is', () => {
    fc.assert(
      fc.property(sizeBytes, fc.nat(), (size, at) => {
        const plan = dividePieces(input({ sizeBytes: size }));
        if (plan.mode !== 'pieces') return;
        const number = 1 + (at % plan.pieceCount);
        expect(pieceRange(plan, number).start).toBe(number === 1 ? 0 : pieceRange(plan, number - 1).end);
        expect(pieceRange(plan, plan.pieceCount).end).toBe(size);
      }),
    );
  });

  it.each([0, 11, 1.5, -1, Number.NaN])('there is no piece %d of ten', (number) => {
    expect(() => pieceRange({ mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 }, number)).toThrow(
      RangeError,
    );
  });

  it('a stream has ranges once it is at its end: as long as size or count is unknown, none', () => {
    const stream = { mode: 'stream', pieceSizeBytes: 10 } as const;
    const unknown = /^piece 1 is not in a plan of an unknown number of pieces$/;
    for (const plan of [stream, { ...stream, sizeBytes: 25 }]) expect(() => pieceRange(plan, 1)).toThrow(unknown);
    expect(() => pieceRange({ ...stream, pieceCount: 3 }, 1)).toThrow(/^piece 1 is not in a plan of 3 pieces$/);
    expect(pieceRange({ ...stream, sizeBytes: 25, pieceCount: 3 }, 3)).toEqual({ start: 20, end: 25 });
  });

  it('a single put is one piece: the whole', () => {
    expect(pieceRange({ mode: 'single', sizeBytes: 25 }, 1)).toEqual({ start: 0, end: 25 });
    expect(() => pieceRange({ mode: 'single', sizeBytes: 25 }, 2)).toThrow(RangeError);
  });
});

describe('the limits of the destination', () => {
  it('hold for S3 at every size up to 48.8 TiB', () => {
    fc.assert(
      fc.property(sizeBytes, parallelism, (size, workers) =>
        expectWithin(dividePieces(input({ sizeBytes: size, parallelism: workers })), size, S3_LIMITS),
      ),
    );
  });

  it('hold for any limits and any policy', () => {
    fc.assert(
      fc.property(
        limits,
        policy,
        fc.double({ min: 0, max: 1, noNaN: true }),
        parallelism,
        (of, preferred, share, workers) => {
          const size = Math.floor(of.maxObjectBytes * share);
          const plan = dividePieces(input({ sizeBytes: size, limits: of, policy: preferred, parallelism: workers }));
          if (plan.mode === 'single') expect(size).toBeLessThanOrEqual(preferred.singleMaxBytes);
          else expectWithin(plan, size, of);
        },
      ),
    );
  });

  it('hold for a stream of known size', () => {
    fc.assert(
      fc.property(limits, policy, fc.double({ min: 0, max: 1, noNaN: true }), (of, preferred, share) => {
        const size = Math.floor(of.maxObjectBytes * share);
        const plan = dividePieces(input({ sizeBytes: size, ranges: false, limits: of, policy: preferred }));
        if (plan.mode !== 'stream') return;
        expect(Math.ceil(size / plan.pieceSizeBytes)).toBeLessThanOrEqual(of.maxPieces);
        expect(plan.pieceSizeBytes).toBeGreaterThanOrEqual(of.minPieceBytes);
        expect(plan.pieceSizeBytes).toBeLessThanOrEqual(of.maxPieceBytes);
      }),
    );
  });

  it('the largest object fits exactly, in 10,000 pieces', () => {
    const plan = dividePieces(input({ sizeBytes: S3_LIMITS.maxObjectBytes }));
    expect(plan).toMatchObject({ pieceCount: 10_000, pieceSizeBytes: S3_LIMITS.maxPieceBytes });
    expect(S3_LIMITS.maxObjectBytes / TIB).toBeCloseTo(48.8, 1);
  });

  it('one byte more does not, and the error says what fits', () => {
    const error = errorOf(() => dividePieces(input({ sizeBytes: S3_LIMITS.maxObjectBytes + 1 })));
    expect(error.code).toBe('DestinationTooSmall');
    expect(error.message).toContain('48.8 TiB');
  });
});

describe('the mode of a plan', () => {
  it.each([0, 1, 8 * MIB])('%d bytes are one put', (size) => {
    expect(dividePieces(input({ sizeBytes: size }))).toEqual({ mode: 'single', sizeBytes: size });
  });

  it('one byte more is pieces', () => {
    expect(dividePieces(input({ sizeBytes: 8 * MIB + 1 })).mode).toBe('pieces');
  });

  it('a single put needs no ranges, anything larger without them is a stream', () => {
    expect(dividePieces(input({ sizeBytes: MIB, ranges: false })).mode).toBe('single');
    expect(dividePieces(input({ ranges: false }))).toEqual({
      mode: 'stream',
      sizeBytes: 1024 * MIB,
      pieceSizeBytes: 64 * MIB,
    });
  });

  it('an unknown size is a stream, with what one worker can hold', () => {
    expect(dividePieces(input({ sizeBytes: undefined }))).toEqual({ mode: 'stream', pieceSizeBytes: 64 * MIB });
  });

  it('a small object is cut where smaller pieces were asked for', () => {
    const plan = dividePieces(input({ sizeBytes: 8 * MIB, pieceSizeBytes: 5 * MIB }));
    expect(plan).toEqual({ mode: 'pieces', sizeBytes: 8 * MIB, pieceSizeBytes: 5 * MIB, pieceCount: 2 });
  });
});

describe('the size of a piece', () => {
  it('is the preferred one where nothing speaks against it', () => {
    expect(dividePieces(input({}))).toMatchObject({ pieceSizeBytes: 16 * MIB, pieceCount: 64 });
  });

  it('gets smaller so that every worker has two', () => {
    expect(dividePieces(input({ sizeBytes: 160 * MIB }))).toMatchObject({ pieceSizeBytes: 10 * MIB, pieceCount: 16 });
  });

  it('gets smaller where one connection is slow', () => {
    expect(dividePieces(input({ bytesPerSecond: MIB / 10 }))).toMatchObject({ pieceSizeBytes: 6 * MIB });
  });

  it('gets larger where there would be too many', () => {
    expect(dividePieces(input({ sizeBytes: TIB }))).toMatchObject({ pieceSizeBytes: 105 * MIB, pieceCount: 9987 });
  });

  it('is a multiple of the granule, but where all the pieces that are wanted are smaller than that', () => {
    const small = (size: number, minPieceBytes: number) =>
      dividePieces(
        input({
          sizeBytes: size,
          limits: { ...S3_LIMITS, minPieceBytes },
          policy: { ...POLICY, singleMaxBytes: 0, granuleBytes: 1000 },
        }),
      );
    expect(small(16 * 999, 1)).toMatchObject({ pieceSizeBytes: 999, pieceCount: 16 });
    expect(small(16 * 1001, 1)).toMatchObject({ pieceSizeBytes: 2000, pieceCount: 9 });
    expect(small(16 * 999, 1500)).toMatchObject({ pieceSizeBytes: 2000, pieceCount: 8 });
  });

  it('may be less than the least, or more than all there is, where one piece is enough', () => {
    const one = dividePieces(
      input({ sizeBytes: 3 * MIB, pieceSizeBytes: 3 * MIB, policy: { ...POLICY, singleMaxBytes: 0 } }),
    );
    expect(one).toMatchObject({ mode: 'pieces', pieceSizeBytes: 3 * MIB, pieceCount: 1 });
    expect(errorOf(() => dividePieces(input({ sizeBytes: undefined, pieceSizeBytes: 3 * MIB }))).code).toBe(
      'PieceSizeOutOfLimits',
    );
  });

  it('may be the most, and just small enough for the most pieces', () => {
    const { maxPieceBytes, minPieceBytes, maxPieces } = S3_LIMITS;
    expect(dividePieces(input({ pieceSizeBytes: maxPieceBytes, sizeBytes: TIB }))).toMatchObject({
      pieceSizeBytes: maxPieceBytes,
    });
    expect(dividePieces(input({ pieceSizeBytes: minPieceBytes, sizeBytes: minPieceBytes * maxPieces }))).toMatchObject({
      pieceCount: maxPieces,
    });
  });

  it('is what was asked for', () => {
    expect(dividePieces(input({ pieceSizeBytes: 7 * MIB + 1 }))).toMatchObject({ pieceSizeBytes: 7 * MIB + 1 });
  });

  it.each([
    ['below the least', { pieceSizeBytes: 5 * MIB - 1 }, '5 MiB to 5 GiB'],
    ['above the most', { pieceSizeBytes: 5 * 1024 * MIB + 1 }, '5 MiB to 5 GiB'],
    ['so small that there are too many', { pieceSizeBytes: 5 * MIB, sizeBytes: TIB }, 'at least 105 MiB'],
    ['so small that there are too many', { pieceSizeBytes: 5 * MIB, sizeBytes: TIB }, 'need 209716 of them'],
  ])('is refused %s, and the error says what fits', (_, over, says) => {
    const error = errorOf(() => dividePieces(input(over)));
    expect(error.code).toBe('PieceSizeOutOfLimits');
    expect(error.message).toContain(says);
  });
});

describe('a plan that the store copies', () => {
  const copying = (over: Partial<PlanInput>, always = false) =>
    dividePieces(input({ ...over, serverSideCopy: { preferredPieceBytes: 256 * MIB, always } }));

  it('has larger pieces, and still two for every worker', () => {
    expect(copying({ sizeBytes: TIB })).toMatchObject({ pieceSizeBytes: 256 * MIB, serverSideCopy: true });
    expect(copying({})).toMatchObject({ pieceSizeBytes: 64 * MIB, pieceCount: 16, serverSideCopy: true });
  });

  it('has pieces of the size that was asked for', () => {
    expect(copying({ pieceSizeBytes: 5 * MIB })).toMatchObject({ pieceSizeBytes: 5 * MIB, serverSideCopy: true });
  });

  it('leaves to a single put what one brings, unless it must be a copy', () => {
    expect(copying({ sizeBytes: MIB })).toEqual({ mode: 'single', sizeBytes: MIB });
    expect(copying({ sizeBytes: MIB }, true)).toMatchObject({ mode: 'pieces', pieceCount: 1, serverSideCopy: true });
  });

  it('is a single put where there is nothing to copy', () => {
    expect(copying({ sizeBytes: 0 }, true)).toEqual({ mode: 'single', sizeBytes: 0 });
  });
});

describe('two plans', () => {
  const plan: Plan = { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 };

  it('that cut the same way are the same', () => {
    expect(samePlan(plan, { ...plan })).toBe(true);
  });

  it.each<Plan>([
    { ...plan, sizeBytes: 99 },
    { ...plan, pieceSizeBytes: 11 },
    { mode: 'stream', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 },
    { mode: 'single', sizeBytes: 100 },
  ])('that do not are not: %o', (other) => {
    expect(samePlan(plan, other)).toBe(false);
    expect(samePlan(other, plan)).toBe(false);
  });
});
