import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { Answer } from '../../http/answer.ts';
import { rateLimitOf } from '../../http/grammar/rate-limit.ts';
import type { Instant } from '../../values/time.ts';

/** Servers that said with a good answer that nothing is left of their limit. In memory alone: a hint. */
export interface AnnouncedLimits {
  note(answer: Answer): void;
  /** @throws PieceworkError `SourceBusy`, unasked, while the limit of its origin is used up. */
  check(url: string): void;
}

/** A server that means a longer wait says so with 429, once it is asked after this. */
const MOST_MS = 60_000;
const MOST_ORIGINS = 256;

export function announcedLimits(now: () => Instant): AnnouncedLimits {
  const until = new Map<string, Instant>();
  return {
    note({ status, url, headers }) {
      if (status !== 200 && status !== 206) return;
      const limit = rateLimitOf(headers);
      until.delete(url.origin);
      if (limit?.isUsedUp !== true || limit.resetMs === undefined) return;
      until.set(url.origin, now() + Math.min(limit.resetMs, MOST_MS));
      const [oldest] = until.keys();
      if (until.size > MOST_ORIGINS && oldest !== undefined) until.delete(oldest);
    },
    check(url) {
      const retryAfterMs = (until.get(URL.parse(url)?.origin ?? '') ?? 0) - now();
      if (retryAfterMs <= 0) return;
      const target = redactUrl(url);
      throw new PieceworkError('SourceBusy', `${target}: the server says that its limit of requests is used up`, {
        details: { target, retryAfterMs, postponed: true },
      });
    },
  };
}
