import { describe, expect, it } from 'vitest';
import { S3_LIMITS } from '../../lib/transfer/plan/limits.ts';
import { isTooSlow, leastPieceBytes, paceWarnings } from '../../lib/transfer/plan/pace.ts';
import type { PacedSource } from '../support/paced-pipeline.ts';
import { runPaced } from '../support/paced-pipeline.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;
const ONE_PLACE = { parallelism: 1, deadlineMs: DAY_MS };

async function run(speed: PacedSource['bytesPerSecond'], over: Partial<PacedSource> = {}) {
  const { record, events, elapsedMs } = await runPaced({
    sizeBytes: 48 * MIB,
    bytesPerSecond: speed,
    options: ONE_PLACE,
    ...over,
  });
  const failures = events.filter(({ type }) => type === 'piece.requeued').length;
  const restarts = events.flatMap((event) => (event.type === 'restarted' ? [event.reason.code] : []));
  const pieceBytes = record.plan?.mode === 'pieces' ? record.plan.pieceSizeBytes : 0;
  const { status, reason, snapshot } = record;
  return { status, reason, warnings: snapshot?.warnings ?? [], pieceBytes, failures, restarts, elapsedMs };
}

describe('a source that is slow for the functions of a deployment', () => {
  it.each([
    { speed: 60 * KIB, pieceBytes: 5 * MIB },
    { speed: 100 * KIB, pieceBytes: 5 * MIB },
    { speed: 200 * KIB, pieceBytes: 11 * MIB },
    { speed: MIB, pieceBytes: 16 * MIB },
    { speed: 16 * MIB, pieceBytes: 16 * MIB },
    { speed: GIB, pieceBytes: 16 * MIB },
  ])('gives $speed bytes a second: pieces of $pieceBytes, and none fails', async ({ speed, pieceBytes }) => {
    expect(await run(() => speed)).toMatchObject({
      status: 'completed',
      pieceBytes,
      failures: 0,
      restarts: [],
      warnings: [],
    });
  });

  it('is read under a short pieceTimeout as well', async () => {
    const short = await run(() => 600_000, { pieceTimeoutMs: 20_000 });
    expect(short).toMatchObject({ status: 'completed', pieceBytes: 5 * MIB, failures: 0 });
  });

  it.each([10 * KIB, 30 * KIB])(
    'gives %i bytes a second: warned of at planning, ended with the numbers',
    async (speed) => {
      const { status, reason, warnings, elapsedMs } = await run(() => speed);
      expect({ status, code: reason?.code }).toEqual({ status: 'failed', code: 'PieceTooSlow' });
      expect(reason?.message).toContain(`${speed / KIB} KiB per second, and a worker has 1m47s`);
      expect(warnings).toEqual([expect.stringContaining('a piece of 5 MiB, the smallest for 48 MiB here, takes')]);
      expect(elapsedMs).toBeLessThan(10 * 60_000);
    },
  );

  it('becomes slow after the plan: planned once more in smaller pieces, which is no failure', async () => {
    const slows = await run((elapsedMs) => (elapsedMs < 1_000 ? 16 * MIB : 100 * KIB));
    expect(slows).toMatchObject({ status: 'completed', pieceBytes: 5 * MIB, failures: 0, restarts: ['PieceTooSlow'] });
  });

  it('is read in smaller pieces than were asked for, where those never come in time', async () => {
    const asked = await run(() => 100 * KIB, { options: { ...ONE_PLACE, pieceSizeBytes: 16 * MIB } });
    expect(asked).toMatchObject({ status: 'completed', pieceBytes: 5 * MIB, failures: 0 });
    const kept = await run(() => 200 * KIB, { options: { ...ONE_PLACE, pieceSizeBytes: 16 * MIB } });
    expect(kept).toMatchObject({ status: 'completed', pieceBytes: 16 * MIB });
  });

  it('is warned of when its deadline comes before its end', async () => {
    const { warnings } = await run(() => 60 * KIB, { options: { parallelism: 2, deadlineMs: 60_000 } });
    expect(warnings).toEqual([
      'at 60 KiB per second and connection, 48 MiB over 2 of them take 6m50s, and the deadline is in 57s: give a longer deadline, or more connections',
    ]);
  });
});

describe('the pace of a piece', () => {
  it('is not judged in the first quarter of the time', () => {
    expect(isTooSlow(100, { bytes: 0, elapsedMs: 24 }, 100)).toBe(false);
    expect(isTooSlow(100, { bytes: 0, elapsedMs: 25 }, 100)).toBe(true);
    expect(isTooSlow(100, { bytes: 30, elapsedMs: 25 }, 100)).toBe(false);
    expect(isTooSlow(100, { bytes: 98, elapsedMs: 99 }, 100)).toBe(true);
  });

  it('is bounded by what a destination takes', () => {
    expect(leastPieceBytes(GIB, S3_LIMITS)).toBe(5 * MIB);
    expect(leastPieceBytes(1024 * GIB, S3_LIMITS)).toBe(Math.ceil((1024 * GIB) / 10_000));
  });

  it('says what a plan would take', () => {
    const plan = { mode: 'pieces', sizeBytes: 1024 * GIB, pieceSizeBytes: 105 * MIB, pieceCount: 9987 } as const;
    const limits = { lifeMs: 107_000, places: 8, leftMs: DAY_MS };
    expect(paceWarnings(plan, 2 * MIB, limits)).toHaveLength(0);
    expect(paceWarnings(plan, MIB / 2, limits)).toHaveLength(2);
  });
});
