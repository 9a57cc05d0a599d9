import { fromIso } from '../../values/time.ts';

/** `Retry-After` (RFC 9110 §10.2.3): whole seconds or an HTTP date → milliseconds from `now`, at most a day. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const day = 86_400_000;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, day);
  if (!/^[A-Za-z]{3,9}, /.test(text)) return undefined;
  const at = fromIso(text);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at - now, 0), day);
}
