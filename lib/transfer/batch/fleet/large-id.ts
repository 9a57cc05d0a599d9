import { base32 } from '../../../values/text/base32.ts';

const TIME_LETTERS = 10;

/**
 * The id of the transfer that a large entry becomes in a run of its batch: always the same, so that it is submitted
 * once. A ULID: the batch's time, so that it stands beside it in lists, 40 bits of the batch's id, run, and entry.
 */
export function largeTransferId(batchId: string, run: number, entry: number): string {
  return `${batchId.slice(0, TIME_LETTERS)}${base32(hash40(batchId), 8)}${base32(run, 2)}${base32(entry, 6)}`;
}

/** FNV-1a of 64 bits, its first 40. */
function hash40(text: string): number {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffff_ffff_ffff_ffffn;
  return Number(hash >> 24n);
}
