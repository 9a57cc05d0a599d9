import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../lib/values/units.ts';

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['16MiB', 16_777_216],
    ['16 MiB', 16_777_216],
    ['16m', 16_777_216],
    ['16M', 16_777_216],
    ['1.5GB', 1_500_000_000],
    ['1k', 1024],
    ['1kB', 1000],
    ['2TiB', 2 * 1024 ** 4],
    ['100', 100],
    ['100b', 100],
    ['0.5KiB', 512],
  ])('%j is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each([
    '',
    'MiB',
    '1.5',
    '1.5b',
    '-1',
    '1,5MiB',
    '16MiBs',
    '1e3',
    '0x10',
    'ten',
    '99999999999999999',
    '9000000TiB',
  ])('%j is none', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [16_777_216, '16 MiB'],
    [1024 ** 2 * 150.6, '151 MiB'],
    [48.828125 * 1024 ** 4, '48.8 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('%d bytes are written %j', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('that are written are read again as nearly the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (bytes) => {
        const again = parseBytes(formatBytes(bytes)) ?? Number.NaN;
        expect(Math.abs(again - bytes)).toBeLessThanOrEqual(bytes * 0.06);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['90', 90_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['2d', 172_800_000],
    ['1m30s500ms', 90_500],
    ['0', 0],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', 's', '1x', '-1s', '1h 30m', '1:30', 'soon', '1s2', 'NaN'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each([
    [0, '0s'],
    [40, '40ms'],
    [1500, '1.5s'],
    [59_400, '59s'],
    [59_900, '1m'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [5_400_000, '1h30m'],
    [86_400_000, '1d'],
    [90_000_000, '1d1h'],
    [-5, '0s'],
  ])('%d ms are written %j', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('that are written can be read again, as nearly the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 365 * 86_400_000 }), (ms) => {
        const again = parseDuration(formatDuration(ms)) ?? Number.NaN;
        expect(Math.abs(again - ms)).toBeLessThanOrEqual(Math.max(500, ms * 0.05));
      }),
    );
  });
});
