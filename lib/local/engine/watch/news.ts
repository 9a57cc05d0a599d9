import type { Clock } from '../../../values/time.ts';

/** A change by another process (a cancel) is noticed after this at the latest. */
const LOOK_EVERY_MS = 1_000;

/** Disposing of it at the end of a handler says that there may be something new about the transfer. */
export interface News extends Disposable {
  /** From now on; what is returned waits for the next news. */
  next(): (clock: Clock, signal: AbortSignal) => Promise<void>;
}

/** Why a sleep ends early. Without a reason of ours each would make an error, with its stack. */
const NEWS = Symbol('news');

export function newsOf(): News {
  let waiter: AbortController | undefined;
  return {
    next() {
      const own = new AbortController();
      waiter = own;
      return async (clock, signal) => {
        const stop = () => own.abort(NEWS);
        signal.addEventListener('abort', stop, { once: true });
        try {
          signal.throwIfAborted();
          await clock.sleep(LOOK_EVERY_MS, own.signal);
        } catch (error) {
          signal.throwIfAborted();
          if (!own.signal.aborted) throw error;
        } finally {
          signal.removeEventListener('abort', stop);
        }
      };
    },
    [Symbol.dispose]: () => waiter?.abort(NEWS),
  };
}
