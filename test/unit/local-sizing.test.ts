import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localKinds } from '../../lib/local/destinations/kinds.ts';
import { localDestinations } from '../../lib/local/destinations/local-destinations.ts';
import { localSizing } from '../../lib/local/engine/sizing.ts';

const kinds = localKinds({});
const store = localDestinations(kinds).kind('s3');
const MIB = 1024 ** 2;
const parallelism = fc.integer({ min: 1, max: 256 });
const pieceSizeBytes = fc.integer({ min: 1, max: 5 * 1024 * MIB });

describe('the windows of one machine', () => {
  it('take 96 MiB together at most, unless there is one MiB for each worker, whatever piece size is asked for', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), parallelism, pieceSizeBytes, (kind, workers, asked) => {
        const { windowBytes, windowCount } = localSizing({ kind, parallelism: workers, pieceSizeBytes: asked });
        expect(windowCount).toBe(workers);
        expect(windowBytes * windowCount).toBeLessThanOrEqual(Math.max(96, workers) * MIB);
      }),
    );
  });

  it.each([
    [8, 8, 8],
    [16, 6, 6],
    [19, 5, 5],
    // The least part of S3 no longer fits: then large pieces, through small windows.
    [20, 4, 8],
  ])('for S3 with %d workers have %d MiB, and pieces %d, which are whole in memory', (workers, windowMib, pieceMib) => {
    const { windowBytes, policy } = localSizing({ kind: store, parallelism: workers });
    expect(windowBytes).toBe(windowMib * MIB);
    expect(policy.plan).toMatchObject({ preferredPieceBytes: pieceMib * MIB, singleMaxBytes: windowMib * MIB });
  });

  it('for S3 are smaller where the piece that was asked for would not fit anyway', () => {
    const windowOf = (asked: number) =>
      localSizing({ kind: store, parallelism: 16, pieceSizeBytes: asked }).windowBytes / MIB;
    expect(windowOf(6 * MIB)).toBe(6);
    expect(windowOf(6 * MIB + 1)).toBe(4);
  });

  it.each([
    [8, 4],
    [16, 4],
    [32, 2],
    [64, 1],
  ])('for S3 have 64 MiB together at most where pieces pass through them: with %d workers %d MiB', (workers, mib) => {
    const sizing = localSizing({ kind: store, parallelism: workers, pieceSizeBytes: 64 * MIB });
    expect(sizing.windowBytes).toBe(mib * MIB);
  });
});
