import type { Clock } from '../values/time.ts';

/** Node's timers can't wait longer than this; what is further away need not be exact. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const ring = () => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const timer = setTimeout(ring, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
      signal.addEventListener('abort', stop, { once: true });
    }),
};
