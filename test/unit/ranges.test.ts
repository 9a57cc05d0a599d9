import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContentRange, toRangeHeader } from '../../lib/http/grammar/range-fields.ts';
import { rangeLength } from '../../lib/values/ranges.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/** A range of at least one byte, and a total that holds it. */
const rangeInTotal = fc
  .tuple(fc.nat({ max: 2 ** 50 }), fc.integer({ min: 1, max: 2 ** 50 }), fc.nat({ max: 2 ** 50 }))
  .map(([start, length, after]) => ({ start, end: start + length, totalBytes: start + length + after }));

describe('toRangeHeader', () => {
  it('writes the inclusive form', () => {
    expect(toRangeHeader({ start: 0, end: 100 })).toBe('bytes=0-99');
    expect(toRangeHeader({ start: 5, end: 6 })).toBe('bytes=5-5');
  });

  it.each([
    { start: 3, end: 3 },
    { start: 3, end: 2 },
    { start: -1, end: 2 },
    { start: 0.5, end: 2 },
    { start: 0, end: MAX + 1 },
    { start: Number.NaN, end: 2 },
  ])('refuses what has no such form: [$start, $end)', (range) => {
    expect(() => toRangeHeader(range)).toThrow(RangeError);
  });

  it('is what Content-Range says back', () => {
    fc.assert(
      fc.property(rangeInTotal, ({ start, end, totalBytes }) => {
        const asked = toRangeHeader({ start, end }).replace('bytes=', 'bytes ');
        expect(parseContentRange(`${asked}/${totalBytes}`)).toEqual({ range: { start, end }, totalBytes });
        expect(parseContentRange(`${asked}/*`)).toEqual({ range: { start, end } });
      }),
    );
  });

  it('names as many bytes as the range has', () => {
    fc.assert(
      fc.property(rangeInTotal, (range) => {
        const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(toRangeHeader(range)) ?? [];
        expect(BigInt(last ?? '') - BigInt(first ?? '') + 1n).toBe(BigInt(rangeLength(range)));
      }),
    );
  });
});

describe('parseContentRange', () => {
  it.each([
    ['bytes 0-99/100', { range: { start: 0, end: 100 }, totalBytes: 100 }],
    ['BYTES 0-0/1', { range: { start: 0, end: 1 }, totalBytes: 1 }],
    ['  bytes  7-9/*  ', { range: { start: 7, end: 10 } }],
    ['bytes */1234', { totalBytes: 1234 }],
    ['bytes */0', { totalBytes: 0 }],
  ])('reads %j', (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected);
  });

  it.each([
    '',
    'bytes',
    'bytes */*',
    'bytes 0-99',
    'bytes=0-99/100',
    'bytes 0-100/100',
    'bytes 5-4/100',
    'bytes -5/100',
    'bytes 0-/100',
    'bytes 0-99/0x64',
    'bytes 0-99/100, bytes 0-99/100',
    'bytes 0-99/1e3',
    'bytes +0-99/100',
    'bytes 0-9007199254740991/*',
    'items 0-99/100',
  ])('takes %j for none', (header) => {
    expect(parseContentRange(header)).toBeUndefined();
  });

  it('gives a proper range within its total, or nothing, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.bigInt(-5n, 10n ** 17n),
          fc.bigInt(-5n, 10n ** 17n),
          fc.oneof(fc.bigInt(-5n, 10n ** 17n), fc.constant('*')),
        )
        .map(([first, last, total]) => `bytes ${first}-${last}/${total}`),
    );
    fc.assert(
      fc.property(text, (header) => {
        const parsed = parseContentRange(header);
        if (parsed?.range === undefined) return;
        expect(Number.isSafeInteger(parsed.range.start) && Number.isSafeInteger(parsed.range.end)).toBe(true);
        expect(parsed.range.start).toBeGreaterThanOrEqual(0);
        expect(rangeLength(parsed.range)).toBeGreaterThan(0);
        expect(parsed.range.end).toBeLessThanOrEqual(parsed.totalBytes ?? MAX);
      }),
    );
  });
});
