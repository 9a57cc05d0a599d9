import { crc32 as zlibCrc32 } from 'node:zlib';
import type { Crc32 } from './faster-crc32.ts';
import { fasterCrc32 } from './faster-crc32.ts';

/**
 * CRC-32 as gzip, PNG and S3 use it, and its combination from pieces: the checksum of a whole object comes out of
 * those of its parts without a byte being read again.
 *
 * A CRC is a polynomial over GF(2), stored with x^0 in the highest bit.
 * `crc(A ‖ B) = crc(A) · x^(8·|B|) mod P  xor  crc(B)`, so each length has one operator, x^(8·length), and each
 * combination is one multiplication.
 */

/** The generator polynomial, reflected: https://www.rfc-editor.org/rfc/rfc1952#section-8 */
const POLYNOMIAL = 0xedb88320;

/** x^0, the neutral operator. */
const ONE = 0x8000_0000;

/** To load a faster one takes 5 ms, and it gains 0.16 ms with each MiB. */
const PAYS_AFTER_BYTES = 32 * 1024 ** 2;

let faster: Crc32 | undefined;
let untilItPays = PAYS_AFTER_BYTES;

/** Of `bytes`; with `seed` the CRC of what came before, it goes on from there. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  if (untilItPays > 0) {
    untilItPays -= bytes.length;
    if (untilItPays <= 0) faster = fasterCrc32();
  }
  // Not kept before it is needed: Node's is loaded with the rest of zlib.
  return (faster ?? zlibCrc32)(bytes, seed);
}

/** Product of two polynomials modulo P, both reflected. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let mask = ONE; mask !== 0; mask >>>= 1) {
    if ((a & mask) !== 0) product ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

/** x^(2^k) for k = 0…31; squaring the last gives the first again, since x^(2^32) = x modulo P. */
const SQUARES: readonly number[] = (() => {
  const squares = [0x4000_0000];
  while (squares.length < 32) {
    const last = squares.at(-1) ?? ONE;
    squares.push(multiply(last, last));
  }
  return squares;
})();

/** x^(8·lengthBytes) modulo P. Halves by division: lengths go beyond 32 bits. */
function operatorFor(lengthBytes: number): number {
  let operator = ONE;
  let rest = lengthBytes;
  for (let k = 3; rest > 0; k += 1) {
    if (rest % 2 === 1) operator = multiply(SQUARES[k % 32] ?? ONE, operator);
    rest = Math.floor(rest / 2);
  }
  return operator;
}

/** The CRC of A followed by B, from the CRC of each and the length of B in bytes. */
export function combineCrc32(a: number, b: number, lengthOfB: number): number {
  return (multiply(operatorFor(lengthOfB), a) ^ b) >>> 0;
}

/** The CRC of all parts one after the other. Equal sizes in a row share one operator, so 10,000 parts take a moment. */
export function combineParts(parts: Iterable<{ readonly crc32: number; readonly sizeBytes: number }>): number {
  let whole = 0;
  let sizeBytes = 0;
  let operator = ONE;
  for (const part of parts) {
    if (part.sizeBytes !== sizeBytes) {
      sizeBytes = part.sizeBytes;
      operator = operatorFor(sizeBytes);
    }
    whole = (multiply(operator, whole) ^ part.crc32) >>> 0;
  }
  return whole;
}

/** 8 lower-case hex digits: `cbf43926`. */
export function crc32Hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

/** Big-endian, in base64, as S3's `ChecksumCRC32` has it: `y/Q5Jg==`. */
export function crc32Base64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

/** Reads `crc32Base64`'s form; `undefined` for anything else. */
export function parseCrc32Base64(text: string): number | undefined {
  return /^[A-Za-z0-9+/]{5}[AQgw]==$/.test(text) ? Buffer.from(text, 'base64').readUInt32BE() : undefined;
}
