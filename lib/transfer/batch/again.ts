import type { PieceworkError } from '../../errors/error.ts';
import type { BackoffPolicy } from '../retry.ts';
import { backoffAfter, waitMs } from '../retry.ts';

/** What came of an entry so far. */
export interface Tries {
  readonly failures: number;
  /** Waits that the other side asked for. */
  readonly waits: number;
}

export interface TryLimits {
  readonly maxAttempts: number;
  /** In sum, of waits without a byte from the host. */
  readonly maxWaitMs: number;
  readonly backoff: BackoffPolicy;
}

/** What follows from a failure: another try so much later, or none. */
export type Again = { readonly delayMs: number; readonly tries: Tries } | 'final';

/**
 * The table of `errors/codes.ts`, for one entry. A small entry is always fetched from scratch, so a changed version or
 * ranges that do not work are failures like others.
 * @param seed what makes this entry's waits different from its neighbours'
 * @param silentMs since the host last gave a byte
 */
export function afterEntryFailure(
  error: PieceworkError,
  tries: Tries,
  silentMs: number,
  limits: TryLimits,
  seed: string,
): Again {
  if (error.reaction === 'fail') return 'final';
  if (error.reaction === 'wait') {
    const waits = tries.waits + 1;
    if (silentMs >= limits.maxWaitMs) return 'final';
    return {
      delayMs: waitMs(waits, `${seed}/${waits}`, error.details.retryAfterMs, limits.backoff),
      tries: { ...tries, waits },
    };
  }
  const failures = tries.failures + 1;
  if (failures >= limits.maxAttempts) return 'final';
  return {
    delayMs: backoffAfter(error.code, failures, `${seed}/${failures}`, limits.backoff),
    tries: { ...tries, failures },
  };
}
