import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../values/time.ts';

/** Node's timers can't wait longer than this; what is further away need not be exact. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(Math.min(Math.max(0, ms), LONGEST_TIMER_MS), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
