import { rateLimitOf } from './rate-limit.ts';
import { parseRetryAfter } from './retry-after.ts';

type Fields = Readonly<Record<string, string | undefined>>;

/** Statuses that say by themselves that too much was asked. */
const TOO_MUCH: ReadonlySet<number> = new Set([429, 503]);

/**
 * How long the server asks to wait, in milliseconds from `now`: by `Retry-After`, which stands before all else, else by
 * its rate limit, where that is used up or the status says so. At most a day.
 * @param headers names in lower case
 */
export function askedWaitMs(status: number, headers: Fields, now: number): number | undefined {
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
  if (retryAfterMs !== undefined) return retryAfterMs;
  const limit = rateLimitOf(headers);
  return limit?.isUsedUp === true || TOO_MUCH.has(status) ? limit?.resetMs : undefined;
}
