import type { PieceworkError } from '../../errors/error.ts';
import { deniedWaitMs } from '../denial.ts';
import type { BackoffPolicy } from '../retry.ts';
import { backoffAfter, waitMs } from '../retry.ts';

/** What came of an entry so far. */
export interface Tries {
  readonly failures: number;
  /** Waits that the other side asked for. */
  readonly waits: number;
  /** Denials that may be limits, in a row. */
  readonly denials?: Denied;
  /** Times that its file was too young. */
  readonly young?: number;
}

export interface Denied {
  /** One, until the host has given others what they asked for since the first. */
  readonly count: number;
  /** Answers of the host that were what was asked for, as of the first denial. */
  readonly servedCount: number;
}

/** The host, when it denied an entry. */
export interface DenyingHost {
  silentMs(): number;
  closedForMs(): number;
  readonly servedCount: number;
  /** It has served this batch, and waiting was not in vain. */
  readonly denials: { readonly mayPass: boolean };
}

/** Denied so often while the host served others, it is the file that is denied. */
const MOST_DENIALS = 3;

/**
 * A denial (403) that may be a limit: the entry waits a minute, then another one. (A host that denies all it is asked
 * is not asked at all for longer: `lib/pipeline/batch/host-pace.ts`.)
 * @param seed as in `afterEntryFailure`
 */
export function afterDenial(tries: Tries, host: DenyingHost, limits: TryLimits, seed: string): Again {
  const {
    servedCount,
    denials: { mayPass },
  } = host;
  const { denials: before } = tries;
  const count = before === undefined ? 1 : before.count + (servedCount > before.servedCount ? 1 : 0);
  if (!mayPass || count >= MOST_DENIALS) return 'final';
  const delayMs = Math.max(deniedWaitMs(1, `${seed}/denied/${count}`, limits.backoff), host.closedForMs());
  if (host.silentMs() + delayMs > limits.maxWaitMs) return 'final';
  return { delayMs, tries: { ...tries, denials: { count, servedCount: before?.servedCount ?? servedCount } } };
}

/** A file that may still be written is taken when it is old enough, where that is not too late. */
export function afterYouth(tries: Tries, youngForMs: number, { maxAttempts, maxWaitMs }: TryLimits): Again {
  const young = (tries.young ?? 0) + 1;
  if (young >= maxAttempts || youngForMs > maxWaitMs) return 'final';
  return { delayMs: youngForMs, tries: { ...tries, young } };
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
