import { untilAborted } from '../../values/call.ts';

/** Lets operations through until it is closed, and knows when the last one has ended. */
export interface Gate {
  /** Throws what `refusal` makes while the gate is closed. */
  pass<T>(operation: () => Promise<T>): Promise<T>;
  /** No new operation begins; resolves when those under way have ended. */
  close(): Promise<void>;
  open(): void;
}

export function gate(refusal: () => Error): Gate {
  let isOpen = true;
  const passing = new Set<Promise<unknown>>();
  return {
    async pass(operation) {
      if (!isOpen) throw refusal();
      const running = operation();
      passing.add(running);
      try {
        return await running;
      } finally {
        passing.delete(running);
      }
    },
    async close() {
      isOpen = false;
      await Promise.allSettled(passing);
    },
    open() {
      isOpen = true;
    },
  };
}

/** One after the other for each key, in the order of asking; others side by side. */
export type Turns = <T>(key: string, signal: AbortSignal, run: () => Promise<T>) => Promise<T>;

export function turns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return async (key, signal, run) => {
    const before = last.get(key) ?? Promise.resolve();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    // A caller that is aborted while it waits leaves the order of the others as it is.
    const mine = before.then(() => done);
    last.set(key, mine);
    try {
      await untilAborted(before, signal);
      return await run();
    } finally {
      resolve();
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
