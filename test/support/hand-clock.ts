import type { Clock, Instant } from '../../lib/values/time.ts';

export interface HandClock extends Clock {
  /**
   * Moves time on, from one sleeper to the next; `settled` waits until everything that one of
   * them set off has come to rest.
   */
  advance(ms: number, settled: () => Promise<void>): Promise<void>;
  /** Wakes at a time, with nothing to abort it. */
  at(when: Instant, wake: () => void): void;
}

/** Time that passes only when a test lets it. */
export function handClock(start = 1_000_000): HandClock {
  let now = start;
  const sleepers = new Set<{ readonly at: Instant; readonly wake: () => void }>();

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    at: (when, wake) => void sleepers.add({ at: when, wake }),
    async advance(ms, settled) {
      const until = now + ms;
      for (;;) {
        await settled();
        const next = [...sleepers].sort((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > until) break;
        now = Math.max(now, next.at);
        sleepers.delete(next);
        next.wake();
      }
      now = until;
      await settled();
    },
  };
}
