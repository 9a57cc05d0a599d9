import { median } from '../values/median.ts';

/**
 * When a piece is a straggler, and when it may be rescued: issued once more on another connection, the faster of the
 * two going on. Times are what was spent waiting for the source's bytes, so that a slow destination makes no
 * piece a straggler.
 *
 * A piece is a straggler when
 * - at least `minFinished` of its siblings have come,
 * - it has been waited for longer than `lateTimes` their median and than `floorMs`, and
 * - at its speed so far, the whole of it would take more than `slowTimes` their median.
 *
 * A straggler is rescued when
 * - no more than `flightShare` of the pieces in flight (but always one) are being rescued: where all have become slow,
 *   it is the source that is slow;
 * - the extra bytes so far, and all that this rescue could add to them, are at most `extraShare` of the bytes that
 *   came, and one piece.
 *
 * A rescue that turns out to be a straggler itself is given up for another, up to `mostRescues` of them: where one
 * connection in twenty is slow, one rescue in twenty is. There are never more than two connections for a piece.
 */
export interface StragglerRule {
  readonly minFinished: number;
  readonly floorMs: number;
  readonly lateTimes: number;
  readonly slowTimes: number;
  readonly flightShare: number;
  readonly extraShare: number;
  /** For each time that the piece is fetched. */
  readonly mostRescues: number;
  /** A host that refuses a rescue bears no more connections: none is tried for so long. */
  readonly refusedPauseMs: number;
}

export const STRAGGLERS: StragglerRule = {
  minFinished: 3,
  floorMs: 1_000,
  lateTimes: 1.5,
  slowTimes: 3,
  flightShare: 0.25,
  extraShare: 0.1,
  mostRescues: 3,
  refusedPauseMs: 60_000,
};

/** How far one connection is. */
export interface Pace {
  /** What it was asked for. */
  readonly sizeBytes: number;
  readonly bytes: number;
  readonly waitedMs: number;
}

/** `straggler`, or when to look again. `siblingsMs`: of each piece that came lately. */
export function judge(
  { sizeBytes, bytes, waitedMs }: Pace,
  siblingsMs: readonly number[],
  rule: StragglerRule,
): 'straggler' | { readonly lookAgainMs: number } {
  if (siblingsMs.length < rule.minFinished) return { lookAgainMs: rule.floorMs };
  const usualMs = median(siblingsMs);
  const lateMs = Math.max(rule.floorMs, rule.lateTimes * usualMs);
  if (waitedMs < lateMs) return { lookAgainMs: lateMs - waitedMs };
  const isSlow = bytes === 0 || (waitedMs * sizeBytes) / bytes > rule.slowTimes * usualMs;
  return isSlow ? 'straggler' : { lookAgainMs: rule.floorMs };
}

/** What one worker has on its hands and behind it, of one plan. */
export interface Workload {
  readonly inFlight: number;
  readonly rescuing: number;
  /** Of pieces that came. */
  readonly fetchedBytes: number;
  /** Fetched twice, those included that rescues under way may come to. */
  readonly extraBytes: number;
  readonly pieceSizeBytes: number;
}

/** @param restBytes what the piece still lacks: more than that is never fetched twice. */
export function mayRescue(load: Workload, restBytes: number, rule: StragglerRule): boolean {
  const most = Math.max(1, Math.floor(load.inFlight * rule.flightShare));
  return load.rescuing < most && load.extraBytes + restBytes <= extraBytesAllowed(load, rule);
}

export function extraBytesAllowed(
  { fetchedBytes, pieceSizeBytes }: Pick<Workload, 'fetchedBytes' | 'pieceSizeBytes'>,
  rule: StragglerRule,
): number {
  return rule.extraShare * fetchedBytes + pieceSizeBytes;
}
