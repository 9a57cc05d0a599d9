/** Work that comes to its end, so that nothing is lost, while nothing new is begun. */
export interface Drain {
  start(): void;
  /** Resolves at once unless it has started; then never: rejects with the signal's reason. */
  untilStopped(signal: AbortSignal): Promise<void>;
  /** Until it is disposed of. */
  begun(): Disposable;
  /** Nothing is under way. */
  readonly isIdle: boolean;
}

export function drainOf(): Drain {
  let hasStarted = false;
  let underWay = 0;
  return {
    start() {
      hasStarted = true;
    },
    async untilStopped(signal) {
      if (!hasStarted) return;
      const { promise, reject } = Promise.withResolvers<never>();
      const stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      await promise;
    },
    begun() {
      underWay += 1;
      return {
        [Symbol.dispose]() {
          underWay -= 1;
        },
      };
    },
    get isIdle() {
      return underWay === 0;
    },
  };
}
