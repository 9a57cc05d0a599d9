import { rangeLength } from '../../values/ranges.ts';
import type { Plan } from './plan.ts';
import { pieceCountOf, pieceRange } from './plan.ts';

/** One part as the ledger lists it. */
export interface Part {
  readonly number: number;
  readonly sizeBytes: number;
  /** The store's name for this part's content; sent back at completion. */
  readonly etag?: string;
  /** Of the part's bytes. A part without it does not count as done. */
  readonly crc32?: number;
  /** ISO 8601. */
  readonly modifiedAt?: string;
}

/**
 * A part is done if the ledger has its number, the plan's size and a checksum (protocol §1). While a stream goes on its
 * last part is not known, so only full ones count.
 */
export function isDone(plan: Plan, part: Part): boolean {
  if (part.crc32 === undefined || plan.mode === 'single') return false;
  const count = pieceCountOf(plan);
  if (count === undefined) return part.sizeBytes === plan.pieceSizeBytes;
  return part.number >= 1 && part.number <= count && part.sizeBytes === rangeLength(pieceRange(plan, part.number));
}

/** What was read of the ledger, from `doneThrough` of the record on. */
export interface LedgerView {
  /** All pieces up to here are done. */
  readonly doneThrough: number;
  /** The done ones after it. */
  readonly done: ReadonlySet<number>;
  /** ISO 8601. */
  readonly newestPartAt?: string;
}

export function viewLedger(plan: Plan, from: number, parts: readonly Part[]): LedgerView {
  const done = new Set<number>();
  let newestPartAt: string | undefined;
  for (const part of parts) {
    if (isDone(plan, part) && part.number > from) done.add(part.number);
    if (part.modifiedAt !== undefined && (newestPartAt === undefined || part.modifiedAt > newestPartAt))
      newestPartAt = part.modifiedAt;
  }
  let doneThrough = from;
  while (done.delete(doneThrough + 1)) doneThrough += 1;
  return newestPartAt === undefined ? { doneThrough, done } : { doneThrough, done, newestPartAt };
}

/**
 * Proves that the ledger is the plan: every number once, every size, every checksum.
 * Returns the parts in order, or the first piece that stands against it.
 */
export function proveLedger(
  plan: Plan,
  parts: readonly Part[],
): { readonly parts: readonly (Part & { readonly crc32: number })[] } | { readonly missing: number } {
  const count = pieceCountOf(plan) ?? Number.POSITIVE_INFINITY;
  const byNumber = new Map(parts.map((part) => [part.number, part]));
  const proved: (Part & { readonly crc32: number })[] = [];
  for (let number = 1; number <= count; number += 1) {
    const part = byNumber.get(number);
    if (part?.crc32 === undefined || !isDone(plan, part)) return { missing: number };
    proved.push({ ...part, crc32: part.crc32 });
  }
  // A part beyond the plan would become part of the object in some stores: it must not be there.
  const beyond = parts.find((part) => part.number > count);
  return beyond === undefined ? { parts: proved } : { missing: beyond.number };
}
