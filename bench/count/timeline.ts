import type { Clock, Instant } from '../../lib/values/time.ts';

/** Time that passes only when all processes wait for it: hours of a pipeline in a moment, the same each time. */
export class Timeline implements Clock {
  #now: Instant = Date.UTC(2026, 0, 1);
  readonly #events: { readonly at: Instant; readonly run: () => void }[] = [];

  now(): Instant {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = () => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    this.at(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    return promise;
  }

  at(delayMs: number, run: () => void): void {
    const at = this.#now + delayMs;
    this.#events.splice(this.#events.findLastIndex((event) => event.at <= at) + 1, 0, { at, run });
  }

  /** Until `isOver`, or nothing is left to happen. */
  async run(isOver: () => boolean): Promise<void> {
    for (;;) {
      // All that the last event set going runs until it waits for a later one.
      await new Promise(setImmediate);
      const next = isOver() ? undefined : this.#events.shift();
      if (next === undefined) return;
      this.#now = next.at;
      next.run();
    }
  }
}
