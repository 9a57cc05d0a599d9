import type { ByteRange } from '../../values/ranges.ts';

/** One put of bytes that are in hand. */
export interface SinglePlan {
  readonly mode: 'single';
  readonly sizeBytes: number;
}

/** Ranges, side by side. All pieces have `pieceSizeBytes` but the last, which has the rest. */
export interface PiecesPlan {
  readonly mode: 'pieces';
  readonly sizeBytes: number;
  readonly pieceSizeBytes: number;
  readonly pieceCount: number;
  /** The destination's store copies the pieces by itself: no byte passes through us. */
  readonly serverSideCopy?: true;
}

/** One connection, cut into parts as it comes. Size and count are known at its end, size perhaps before. */
export interface StreamPlan {
  readonly mode: 'stream';
  readonly pieceSizeBytes: number;
  readonly sizeBytes?: number;
  readonly pieceCount?: number;
}

/** How `[0, size)` is divided into pieces, numbered from 1. */
export type Plan = SinglePlan | PiecesPlan | StreamPlan;

/** How many pieces the plan has; `undefined` while a stream goes on. */
export function pieceCountOf(plan: Plan): number | undefined {
  return plan.mode === 'single' ? 1 : plan.pieceCount;
}

/** The bytes of piece `number` (from 1). Only for a plan whose size and count are known. */
export function pieceRange(plan: Plan, number: number): ByteRange {
  const count = pieceCountOf(plan);
  if (
    count === undefined ||
    plan.sizeBytes === undefined ||
    !Number.isInteger(number) ||
    number < 1 ||
    number > count
  ) {
    throw new RangeError(`piece ${number} is not in a plan of ${count ?? 'an unknown number of'} pieces`);
  }
  if (plan.mode === 'single') return { start: 0, end: plan.sizeBytes };
  const start = (number - 1) * plan.pieceSizeBytes;
  return { start, end: Math.min(start + plan.pieceSizeBytes, plan.sizeBytes) };
}

/** Whether the destination's store brings the pieces by itself. */
export function isServerSideCopy(plan: Plan | undefined): boolean {
  return plan?.mode === 'pieces' && plan.serverSideCopy === true;
}

/** Two plans that cut the same way: parts of one are parts of the other. */
export function samePlan(a: Plan, b: Plan): boolean {
  return (
    a.mode === 'pieces' && b.mode === 'pieces' && a.sizeBytes === b.sizeBytes && a.pieceSizeBytes === b.pieceSizeBytes
  );
}
