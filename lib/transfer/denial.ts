import type { ErrorRecord } from '../errors/error.ts';
import { fractionOf } from '../values/random.ts';
import type { BackoffPolicy } from './retry.ts';
import { BACKOFF } from './retry.ts';

/*
 * A 403 from a host that has served us lately, to a link that does not expire: how some servers say that too much was
 * asked. It is waited for, and the host is asked less at a time.
 */

export function mayBeLimit({ code, details }: Pick<ErrorRecord, 'code' | 'details'>): boolean {
  return code === 'SourceForbidden' && details?.mayBeLimit === true;
}

/** Of the longest back-off: a minute, then five. */
const FIRST_CAPS = 2;
const LATER_CAPS = 10;

/**
 * How long to wait after a denial that may be a limit.
 * @param times in a row
 */
export function deniedWaitMs(times: number, seed: string, { capMs }: BackoffPolicy = BACKOFF): number {
  const waitMs = capMs * (times <= 1 ? FIRST_CAPS : LATER_CAPS);
  return waitMs + Math.ceil(0.05 * waitMs * fractionOf(`${seed}!`));
}
