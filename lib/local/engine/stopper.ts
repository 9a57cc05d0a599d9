import { PieceworkError } from '../../errors/error.ts';

export interface Stopper extends Disposable {
  readonly signal: AbortSignal;
  now(): void;
}

type Follower = (reason: unknown) => void;

/**
 * Who follows a signal. One listener stands for all: a signal walks past all of its listeners whenever one more is
 * added, which of thousands of transfers that wait their turn took longer than anything else.
 */
const followersOf = new WeakMap<AbortSignal, Set<Follower>>();

/**
 * Follows these signals, and can be stopped by itself. Disposing leaves nothing at the signals, which may live long.
 */
export function stopper(...outer: readonly AbortSignal[]): Stopper {
  const own = new AbortController();
  const follower: Follower = (reason) => own.abort(reason);
  for (const signal of outer) {
    if (signal.aborted) own.abort(signal.reason);
    else follow(signal, follower);
  }
  return {
    signal: own.signal,
    now: () => own.abort(new PieceworkError('Interrupted', 'the engine was stopped')),
    [Symbol.dispose]() {
      for (const signal of outer) leave(signal, follower);
    },
  };
}

function follow(signal: AbortSignal, follower: Follower): void {
  const followers = followersOf.get(signal);
  if (followers !== undefined) {
    followers.add(follower);
    return;
  }
  followersOf.set(signal, new Set([follower]));
  signal.addEventListener('abort', abortAll, { once: true });
}

function abortAll({ target }: Event): void {
  const signal = target as AbortSignal;
  for (const follower of followersOf.get(signal) ?? []) follower(signal.reason);
  followersOf.delete(signal);
}

function leave(signal: AbortSignal, follower: Follower): void {
  const followers = followersOf.get(signal);
  if (followers?.delete(follower) !== true || followers.size > 0) return;
  followersOf.delete(signal);
  signal.removeEventListener('abort', abortAll);
}
