import { formatBytes, formatDuration } from '../../values/units.ts';
import type { Limits } from './limits.ts';
import type { PiecesPlan } from './plan.ts';

/** What one connection to a source gives, and what that means where a worker lives for a bounded time. Pure. */

/** What was brought in how long. */
export interface Brought {
  readonly bytes: number;
  readonly elapsedMs: number;
}

export function bytesPerSecond({ bytes, elapsedMs }: Brought): number {
  return (bytes * 1000) / Math.max(1, elapsedMs);
}

/** How long so many bytes take at that speed. */
export function msFor(bytes: number, speed: number): number {
  return (1000 * bytes) / Math.max(1, speed);
}

/**
 * Whether `wholeBytes` will not be there within `lifeMs`, at the speed so far. Not judged in the first quarter of that
 * time: connections begin slowly.
 */
export function isTooSlow(wholeBytes: number, brought: Brought, lifeMs: number): boolean {
  return brought.elapsedMs >= lifeMs / 4 && msFor(wholeBytes, bytesPerSecond(brought)) > lifeMs;
}

/** The smallest pieces in which the destination takes so many bytes. */
export function leastPieceBytes(sizeBytes: number, { minPieceBytes, maxPieces }: Limits): number {
  return Math.max(minPieceBytes, Math.ceil(sizeBytes / maxPieces));
}

/** What stands against a plan at this speed, with the arithmetic. */
export function paceWarnings(
  { sizeBytes, pieceSizeBytes }: PiecesPlan,
  speed: number,
  limits: { readonly lifeMs: number; readonly places: number; readonly leftMs: number },
): readonly string[] {
  const { lifeMs, places, leftMs } = limits;
  const warnings: string[] = [];
  const timeFor = (bytes: number, speed: number) => formatDuration(Math.ceil(msFor(bytes, speed)));
  if (msFor(pieceSizeBytes, speed) > lifeMs)
    warnings.push(
      `at ${formatBytes(speed)} per second and connection a piece of ${formatBytes(pieceSizeBytes)}, the smallest for ${formatBytes(sizeBytes)} here, takes ${timeFor(pieceSizeBytes, speed)}, ` +
        `and a worker has ${formatDuration(lifeMs)}: it will hardly come; give workers more time (pieceTimeout), or take a machine (piecework copy)`,
    );
  if (msFor(sizeBytes, speed * places) > leftMs)
    warnings.push(
      `at ${formatBytes(speed)} per second and connection, ${formatBytes(sizeBytes)} over ${places} of them take ${timeFor(sizeBytes, speed * places)}, ` +
        `and the deadline is in ${formatDuration(leftMs)}: give a longer deadline, or more connections`,
    );
  return warnings;
}
