import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '../../lib/http/grammar/retry-after.ts';
import { BACKOFF, backoffMs, waitMs } from '../../lib/transfer/retry.ts';
import { fractionOf } from '../../lib/values/random.ts';

const seed = fc.string();
const times = fc.integer({ min: 0, max: 1000 });

describe('back-off', () => {
  it('lies between a tenth of its bound and its bound, which doubles up to the cap', () => {
    fc.assert(
      fc.property(times, seed, (failures, text) => {
        const bound = Math.min(BACKOFF.capMs, BACKOFF.baseMs * 2 ** (Math.max(failures, 1) - 1));
        const ms = backoffMs(failures, text);
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(bound / 10);
        expect(ms).toBeLessThanOrEqual(bound);
      }),
    );
  });

  it('is the same for the same seed, so that a replay is one', () => {
    expect(backoffMs(3, 'transfer/7/2')).toBe(backoffMs(3, 'transfer/7/2'));
  });

  it('spreads neighbours over most of the bound', () => {
    const waits = Array.from({ length: 200 }, (_, number) => backoffMs(1, `transfer/${number}/1`));
    expect(Math.min(...waits)).toBeLessThan(100);
    expect(Math.max(...waits)).toBeGreaterThan(450);
    expect(new Set(waits).size).toBeGreaterThan(120);
  });
});

describe('a wait', () => {
  it('is back-off where nobody said how long', () => {
    expect(waitMs(4, 'x', undefined)).toBe(backoffMs(4, 'x'));
  });

  it('is never shorter than what was asked for, and at most a second longer', () => {
    fc.assert(
      fc.property(times, seed, fc.integer({ min: 0, max: 86_400_000 }), (count, text, asked) => {
        expect(waitMs(count, text, asked)).toBeGreaterThanOrEqual(asked);
        expect(waitMs(count, text, asked)).toBeLessThanOrEqual(asked + 1000);
      }),
    );
  });
});

describe('Retry-After (RFC 9110 §10.2.3)', () => {
  const now = Date.UTC(2026, 0, 1, 12);

  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['999999999', 86_400_000],
    ['Thu, 01 Jan 2026 12:01:00 GMT', 60_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['Sun, 01 Feb 2026 12:00:00 GMT', 86_400_000],
    ['Thursday, 01-Jan-26 12:01:00 GMT', 60_000],
  ])('%j is %d ms', (header, ms) => {
    expect(parseRetryAfter(header, now)).toBe(ms);
  });

  it.each([
    undefined,
    '',
    'soon',
    '-1',
    '1.5',
    '1e3',
    '2026-01-01T12:01:00Z',
    '12 seconds',
    '2 Thu, 01 Jan 2026 12:01:00 GMT',
    'Thu, whenever',
    '9999999999',
  ])('%j is none', (header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  });

  it('is none or a wait of at most a day, whatever a server writes', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const ms = parseRetryAfter(header, now);
        if (ms === undefined) return;
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(86_400_000);
      }),
    );
  });
});

describe('a fraction of a text', () => {
  it('lies in [0, 1) and depends on the text alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(fractionOf(text)).toBe(fractionOf(text));
        expect(fractionOf(text)).toBeGreaterThanOrEqual(0);
        expect(fractionOf(text)).toBeLessThan(1);
      }),
    );
  });

  it('is even enough over texts that differ in one digit', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let number = 0; number < 10_000; number += 1) {
      const tenth = Math.floor(fractionOf(`01TRANSFER/${number}/1`) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
