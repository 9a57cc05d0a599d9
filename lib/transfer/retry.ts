import type { ErrorCode } from '../errors/codes.ts';
import { fractionOf } from '../values/random.ts';

/** How long to wait, as arithmetic; what to retry is the table in `errors/codes.ts`. */
export interface BackoffPolicy {
  /** Bound of the first delay. */
  readonly baseMs: number;
  /** Bound of every delay. */
  readonly capMs: number;
}

export const BACKOFF: BackoffPolicy = { baseMs: 500, capMs: 30_000 };

/**
 * Exponential back-off with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/):
 * anywhere in (0, min(cap, base · 2^(failures−1))], but never under a tenth of that bound.
 * @param seed what makes this wait different from its neighbours'; the same seed gives the same wait, so that a replay
 *   does too.
 */
export function backoffMs(failures: number, seed: string, policy: BackoffPolicy = BACKOFF): number {
  const bound = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return Math.ceil(bound * (0.1 + 0.9 * fractionOf(seed)));
}

/** No server there at all: not one request that failed, but an outage, and those last longer. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set(['SourceRefused', 'SourceNotResolved', 'DestinationUnreachable']);
/** So many steps of the back-off are skipped in an outage: with 5 attempts it may last about a minute. */
const OUTAGE_STEPS = 5;

/** Back-off that lasts through an outage: of whatever has been taken on and may well pass. */
export function backoffAfter(code: ErrorCode, failures: number, seed: string, policy: BackoffPolicy = BACKOFF): number {
  return backoffMs(OUTAGES.has(code) ? failures + OUTAGE_STEPS : failures, seed, policy);
}

/**
 * The other side's request for patience is obeyed in full; without one, back-off. A little jitter keeps workers from
 * coming back as one.
 */
export function waitMs(
  times: number,
  seed: string,
  retryAfterMs: number | undefined,
  policy: BackoffPolicy = BACKOFF,
): number {
  const own = backoffMs(times, seed, policy);
  return retryAfterMs === undefined ? own : retryAfterMs + Math.ceil(Math.min(own, 1000) * fractionOf(`${seed}+`));
}
