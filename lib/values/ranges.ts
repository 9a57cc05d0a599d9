/**
 * Byte ranges are half-open, `[start, end)`, everywhere in Piecework. The inclusive form that HTTP speaks
 * exists in `lib/http/grammar/range-fields.ts` only.
 */
export interface ByteRange {
  /** First byte, from 0. */
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
}

export function rangeLength(range: ByteRange): number {
  return range.end - range.start;
}

/** Of at least one byte, in whole numbers that are exact. */
export function hasBytes({ start, end }: ByteRange): boolean {
  return Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end;
}
