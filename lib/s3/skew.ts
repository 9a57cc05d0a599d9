import type { Instant } from '../values/time.ts';
import type { Clients } from './client.ts';

/** S3 takes requests for a quarter of an hour; a third of it is no chance. */
const NOTEWORTHY_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

/**
 * Has the clients sign by the store's time, where an answer that refuses says that ours is far off; false = it does
 * not. The SDK does so by itself, but not after every answer.
 */
export function setsClock({ steady }: Clients, error: unknown, now: Instant): boolean {
  const aheadMs = aheadOf(error, now);
  const { $metadata } = Object(error) as { $metadata?: { httpStatusCode?: number } };
  const isRefusal = [400, 401, 403].includes($metadata?.httpStatusCode ?? 0);
  if (aheadMs === undefined || !isRefusal) return false;
  steady.config.systemClockOffset = -aheadMs;
  return true;
}

/**
 * What is wrong with this machine's clock, by the date of a store's answer; `undefined` = nothing. A store refuses
 * whatever was signed too long before or after its own time, and of a HEAD it does not say that this is why.
 */
export function clockFault(error: unknown, now: Instant): string | undefined {
  const aheadMs = aheadOf(error, now);
  if (aheadMs === undefined) return undefined;
  const minutes = Math.round(Math.abs(aheadMs) / MINUTE_MS);
  return `this machine's clock is ${minutes} minutes ${aheadMs > 0 ? 'ahead of' : 'behind'} the store's; set it`;
}

/** Of a clock that is noticeably off. */
function aheadOf(error: unknown, now: Instant): number | undefined {
  const { $response } = Object(error) as { $response?: { headers?: Record<string, string | undefined> } };
  const aheadMs = now - Date.parse($response?.headers?.['date'] ?? '');
  return Number.isNaN(aheadMs) || Math.abs(aheadMs) < NOTEWORTHY_MS ? undefined : aheadMs;
}
