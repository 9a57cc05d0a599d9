import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  combineCrc32,
  combineParts,
  crc32,
  crc32Base64,
  crc32Hex,
  parseCrc32Base64,
} from '../../lib/integrity/crc32.ts';
import { fasterCrc32 } from '../../lib/integrity/faster-crc32.ts';

const CHECK = Buffer.from('123456789');

/** Bytes cut at random places, empty pieces included. */
const splits = fc
  .tuple(fc.uint8Array({ maxLength: 2000 }), fc.array(fc.nat(2000), { maxLength: 12 }))
  .map(([bytes, cuts]) => {
    const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
    return { bytes, pieces: places.slice(1).map((end, index) => bytes.subarray(places[index], end)) };
  });

describe('CRC-32', () => {
  test('of the check input is cbf43926', () => {
    expect(crc32Hex(crc32(CHECK))).toBe('cbf43926');
  });

  test('goes on from a seed', () => {
    expect(crc32(CHECK.subarray(4), crc32(CHECK.subarray(0, 4)))).toBe(crc32(CHECK));
  });

  test('combines from any split', () => {
    fc.assert(
      fc.property(splits, ({ bytes, pieces }) => {
        const parts = pieces.map((piece) => ({ crc32: crc32(piece), sizeBytes: piece.length }));
        expect(combineParts(parts)).toBe(crc32(bytes));
        expect(parts.reduce((whole, part) => combineCrc32(whole, part.crc32, part.sizeBytes), 0)).toBe(crc32(bytes));
      }),
    );
  });

  test('combines of equal parts as of one after the other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 40 }), (piece, count) => {
        const parts = Array.from({ length: count }, () => ({ crc32: crc32(piece), sizeBytes: piece.length }));
        expect(combineParts(parts)).toBe(crc32(Buffer.concat(Array.from({ length: count }, () => piece))));
      }),
    );
  });

  test('of nothing is 0', () => {
    expect(combineParts([])).toBe(0);
    expect(combineParts([{ crc32: 0, sizeBytes: 0 }])).toBe(0);
  });

  test('doubles up to 8 GiB: beyond 32 bits the length still counts', () => {
    const mebibyte = Buffer.alloc(1024 ** 2, 'piecework');
    const one = { crc32: crc32(mebibyte), sizeBytes: mebibyte.length };
    let doubled = one.crc32;
    for (let sizeBytes = mebibyte.length; sizeBytes < 8 * 1024 ** 3; sizeBytes *= 2) {
      doubled = combineCrc32(doubled, doubled, sizeBytes);
    }
    const parts = Array.from({ length: 8192 }, () => one);
    expect(combineParts(parts)).toBe(doubled);
    // One byte more or less is noticed there, too.
    expect(combineCrc32(1, 0, 8 * 1024 ** 3)).not.toBe(combineCrc32(1, 0, 8 * 1024 ** 3 + 1));
    // 8 GiB in one step and in two.
    const inTwo = combineCrc32(combineCrc32(doubled, 0, 2 ** 32 + 3), 0, 2 ** 32 - 3);
    expect(combineCrc32(doubled, 0, 2 ** 33)).toBe(inTwo);
  });
});

describe('the forms of a CRC-32', () => {
  test('hex has 8 digits', () => {
    expect(crc32Hex(0)).toBe('00000000');
    expect(crc32Hex(0xffff_ffff)).toBe('ffffffff');
  });

  test('base64 is big-endian, as S3 has it', () => {
    expect(crc32Base64(0xcbf43926)).toBe('y/Q5Jg==');
  });

  test('base64 is read back, and nothing else is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (crc) => {
        expect(parseCrc32Base64(crc32Base64(crc))).toBe(crc);
      }),
    );
    for (const text of ['', 'y/Q5Jg', 'y/Q5Jh==', 'y/Q5Jg==-4', 'y/Q5JgAA'])
      expect(parseCrc32Base64(text)).toBeUndefined();
  });
});

describe('the faster CRC-32', () => {
  test('gives what zlib gives, of any bytes at any place of their memory', () => {
    const faster = fasterCrc32();
    expect(faster).toBeDefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(64), fc.nat(0xffff_ffff), (bytes, from, seed) => {
        const view = bytes.subarray(Math.min(from, bytes.length));
        expect(faster?.(view, seed)).toBe(zlibCrc32(view, seed));
      }),
    );
    const shared = new Uint8Array(new SharedArrayBuffer(3000), 7, 2000).fill(9);
    expect(faster?.(shared, 1)).toBe(zlibCrc32(Uint8Array.from(shared), 1));
  });

  test('is done without where it is missing, or gives something else', () => {
    const missing = () => {
      throw new Error('Cannot find module');
    };
    expect(fasterCrc32(missing)).toBeUndefined();
    expect(fasterCrc32(() => ({ crc32: () => 1 }))).toBeUndefined();
    expect(fasterCrc32(() => ({}))).toBeUndefined();
  });

  test('takes over in the middle of a stream, and nothing changes', () => {
    const window = new Uint8Array(1024 ** 2).map((_, index) => index * 7);
    let ours = 0;
    let zlibs = 0;
    for (let count = 0; count < 40; count += 1) {
      ours = crc32(window, ours);
      zlibs = zlibCrc32(window, zlibs);
      expect(ours).toBe(zlibs);
    }
  });
});
