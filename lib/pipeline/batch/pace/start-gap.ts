import type { Instant } from '../../../values/time.ts';

/**
 * The least time between the starts of two requests to a host that finds even one after the other too many. As the
 * ceiling of connections: doubled when the host refuses, and a fifth less after so many requests that were served.
 */
export interface StartGap {
  readonly ms: number;
  /** Even at the longest gap some were refused and some served, again and again: seldom is not what helps. */
  readonly isOfNoUse: boolean;
  /** False = what was on its way at the last step: nothing to learn from. */
  refused(now: Instant): boolean;
  served(): void;
  reset(): void;
}

const FIRST_MS = 100;
const MOST_MS = 2_000;
const LEAST_MS = 50;
const SHRINKS_BY = 0.8;
const FIRST_PATIENCE = 32;
const LAST_PATIENCE = 4096;
const MOST_AT_MOST = 4;
/** A server that counts requests does so over a second or two. */
export const SETTLE_MS = 2_000;

export function startGap(): StartGap {
  let ms = 0;
  let patience = FIRST_PATIENCE;
  let servedCount = 0;
  let hasShrunk = false;
  let refusedAtMost = 0;
  let changedAt: Instant | undefined;
  return {
    get ms() {
      return ms;
    },
    get isOfNoUse() {
      return refusedAtMost >= MOST_AT_MOST;
    },
    refused(now) {
      if (changedAt !== undefined && now < changedAt + SETTLE_MS) return false;
      changedAt = now;
      if (ms === MOST_MS && servedCount > 0) refusedAtMost += 1;
      servedCount = 0;
      if (hasShrunk) {
        ms = Math.max(LEAST_MS, ms / SHRINKS_BY);
        patience = Math.min(2 * patience, LAST_PATIENCE);
      } else ms = Math.min(Math.max(FIRST_MS, 2 * ms), MOST_MS);
      hasShrunk = false;
      return true;
    },
    served() {
      servedCount += 1;
      if (ms === 0 || servedCount < patience) return;
      servedCount = 0;
      refusedAtMost = 0;
      hasShrunk = true;
      ms = ms * SHRINKS_BY < LEAST_MS ? 0 : ms * SHRINKS_BY;
    },
    reset() {
      ms = 0;
      refusedAtMost = 0;
      hasShrunk = false;
    },
  };
}
