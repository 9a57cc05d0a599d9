const BLOCK = 64 * 1024;
const blocks = new Map<number, Buffer>();

/**
 * Bytes that depend on seed and offset alone, so that a source of any size needs no memory and any mix-up of ranges
 * shows: noise in blocks of 64 KiB, each beginning with its own number.
 */
export function patternBytes(offset: number, length: number, seed = 1): Buffer {
  const noise = noiseOf(seed);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  while (at < length) {
    const position = offset + at;
    const block = Math.floor(position / BLOCK);
    const within = position - block * BLOCK;
    const count = Math.min(BLOCK - within, length - at);
    noise.copy(bytes, at, within, within + count);
    stamp(bytes.subarray(at, at + count), within, block);
    at += count;
  }
  return bytes;
}

/** The first 8 bytes of a block are its number. */
function stamp(bytes: Buffer, within: number, block: number): void {
  if (within >= 8) return;
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(BigInt(block));
  number.copy(bytes, 0, within, Math.min(8, within + bytes.length));
}

/** xorshift32 */
function noiseOf(seed: number): Buffer {
  const known = blocks.get(seed);
  if (known !== undefined) return known;
  const noise = Buffer.allocUnsafe(BLOCK);
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  for (let i = 0; i < BLOCK; i += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise.writeInt32LE(state, i);
  }
  blocks.set(seed, noise);
  return noise;
}
