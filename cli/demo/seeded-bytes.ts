import { createCipheriv, createHash } from 'node:crypto';

const BLOCK_BYTES = 16;

/** Bytes that look random and are the same each time, readable at any offset: the key stream of AES in counter mode. */
export function seededBytes(seed: string, offset: number, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, BLOCK_BYTES);
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK_BYTES)), BLOCK_BYTES / 2);
  const skip = offset % BLOCK_BYTES;
  return createCipheriv('aes-128-ctr', key, counter)
    .update(Buffer.alloc(skip + length))
    .subarray(skip);
}

/** SHA-256 of the first `size` of them, in hex. */
export function seededSha256(seed: string, size: number): string {
  const hash = createHash('sha256');
  const step = 1024 ** 2;
  for (let offset = 0; offset < size; offset += step) {
    hash.update(seededBytes(seed, offset, Math.min(step, size - offset)));
  }
  return hash.digest('hex');
}
