import { describe, expect, it } from 'vitest';
import { checkPace } from '../../lib/pipeline/plan/pace/stream-pace.ts';
import { SNAPSHOT, transferring } from '../support/a-transfer.ts';

const MINUTE_MS = 60_000;
const LIFE_MS = 10 * MINUTE_MS;

/** Throws what `checkPace` throws for a stream of so many bytes (`undefined` = the source does not say). */
const check = (
  sizeBytes: number | undefined,
  sentBytes: number,
  elapsedMs: number,
  streamLifeMs: number | undefined,
) => {
  const { sizeBytes: _, ...unsized } = SNAPSHOT;
  const snapshot = sizeBytes === undefined ? unsized : { ...SNAPSHOT, sizeBytes };
  const policy = streamLifeMs === undefined ? {} : { streamLifeMs };
  return () => checkPace(policy, transferring({ snapshot }), sentBytes, elapsedMs);
};

describe('the pace of a stream', () => {
  it('is no matter where a worker lives as long as it wants', () => {
    expect(check(1_000_000, 1, 365 * 24 * 60 * MINUTE_MS, undefined)).not.toThrow();
  });

  it.each([
    ['before the first minute, however slow', 1_000_000, 0, MINUTE_MS - 1],
    ['as fast as it must be', 1_000_000, 100_001, MINUTE_MS],
    ['faster, later', 1_000_000, 500_001, 5 * MINUTE_MS],
    ['of unknown length, as long as the worker lives', undefined, 1, LIFE_MS - 1],
    ['which has brought all', 1_000, 1_000, LIFE_MS - 1],
  ])('lets one go on: %s', (_name, sizeBytes, sentBytes, elapsedMs) => {
    expect(check(sizeBytes, sentBytes, elapsedMs, LIFE_MS)).not.toThrow();
  });

  it.each([
    ['nothing came in the first minute', 1_000_000, 0, MINUTE_MS],
    ['it would take exactly as long as the worker lives', 1_000_000, 100_000, MINUTE_MS],
    ['it has become too slow', 1_000_000, 499_999, 5 * MINUTE_MS],
    ['it has used up the life, though all is sent', 1_000, 1_000, LIFE_MS],
    ['it is of unknown length, and the life is over', undefined, 1_000_000, LIFE_MS],
  ])('refuses one as soon as that shows: %s', (_name, sizeBytes, sentBytes, elapsedMs) => {
    expect(check(sizeBytes, sentBytes, elapsedMs, LIFE_MS)).toThrow(
      expect.objectContaining({ code: 'DeadlineExceeded', message: expect.stringContaining('piecework copy') }),
    );
  });

  it('of a worker that lives for less than a minute is judged at its end', () => {
    expect(check(1_000_000, 0, 29_999, 30_000)).not.toThrow();
    expect(check(1_000_000, 0, 30_000, 30_000)).toThrow(/lives for 30s: in 30s it brought 0 B/);
  });
});
