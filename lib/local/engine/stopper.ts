import { PieceworkError } from '../../errors/error.ts';

export interface Stopper extends Disposable {
  readonly signal: AbortSignal;
  now(): void;
}

/**
 * Follows these signals, and can be stopped by itself. Disposing leaves nothing at the signals, which may live long.
 */
export function stopper(...outer: readonly AbortSignal[]): Stopper {
  const own = new AbortController();
  const follow = (event: Event) => own.abort((event.target as AbortSignal).reason);
  for (const signal of outer) {
    if (signal.aborted) own.abort(signal.reason);
    signal.addEventListener('abort', follow, { once: true });
  }
  return {
    signal: own.signal,
    now: () => own.abort(new PieceworkError('Interrupted', 'the engine was stopped')),
    [Symbol.dispose]() {
      for (const signal of outer) signal.removeEventListener('abort', follow);
    },
  };
}
