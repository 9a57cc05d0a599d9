import type { ByteRange } from '../../values/ranges.ts';
import { hasBytes } from '../../values/ranges.ts';

/**
 * `{start: 0, end: 100}` → `bytes=0-99` (RFC 9110 §14.1.2). An empty range has no HTTP form and throws a `RangeError`.
 */
export function toRangeHeader(range: ByteRange): string {
  if (!hasBytes(range)) {
    throw new RangeError(`[${range.start}, ${range.end}) has no HTTP form: a range needs at least one byte`);
  }
  return `bytes=${range.start}-${range.end - 1}`;
}

export interface ContentRange {
  /** Absent in the unsatisfied form (`bytes *\/1234`, RFC 9110 §14.4). */
  readonly range?: ByteRange;
  /** Absent when the server wrote `*`. */
  readonly totalBytes?: number;
}

/** Reads a `Content-Range` header; `undefined` for anything that is not exactly the form of RFC 9110 §14.4 in bytes. */
export function parseContentRange(header: string): ContentRange | undefined {
  const match = /^bytes +(?:(\d{1,16})-(\d{1,16})|\*)\/(\d{1,16}|\*)$/i.exec(header.trim());
  if (match === null) return undefined;
  const [, first, last, total] = match;
  const totalBytes = total === undefined || total === '*' ? undefined : Number(total);
  if (first === undefined || last === undefined) return totalBytes === undefined ? undefined : { totalBytes };
  const range = { start: Number(first), end: Number(last) + 1 };
  if (!hasBytes(range)) return undefined;
  if (totalBytes === undefined) return { range };
  return range.end <= totalBytes ? { range, totalBytes } : undefined;
}
