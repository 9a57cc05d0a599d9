import type { PieceworkError } from '../errors/error.ts';

/** A connection that serves one borrower after another. */
export interface Poolable {
  /** False once it is closed, or in a state that nobody knows. */
  readonly usable: boolean;
  close(): void;
}

export interface Lease<C> {
  readonly connection: C;
  /** It had been idle: the other side may have closed it meanwhile without our noticing. */
  readonly wasIdle: boolean;
  /** Gives it back, or (`again` false, or no longer usable) closes it. More than once is no harm. */
  release(again: boolean): void;
}

export interface PoolOptions<C> {
  open(signal: AbortSignal): Promise<C>;
  /** The server has as many connections as it wants: what is open now is the ceiling. */
  isFull(error: unknown): boolean;
  /** Longest wait for a connection of ours to become free under a ceiling. */
  readonly waitMs: number;
  busy(ceiling: number): PieceworkError;
}

export interface Pool<C> {
  /** @throws what `open` throws, `busy`, or the signal's reason. */
  borrow(signal: AbortSignal): Promise<Lease<C>>;
  close(): void;
}

/** Handshakes at a time: some servers (sshd's MaxStartups) cut off whoever comes in a crowd. */
const MOST_OPENING = 4;

/** Connections to one server under one identity. How many it bears is learned from its refusals. */
export function connectionPool<C extends Poolable>(options: PoolOptions<C>): Pool<C> {
  const idle: C[] = [];
  const all = new Set<C>();
  const waiting: (() => void)[] = [];
  let opening = 0;
  let ceiling = Number.POSITIVE_INFINITY;
  let closed = false;

  function release(connection: C, again: boolean): void {
    if (again && connection.usable && !closed) idle.push(connection);
    else forget(connection);
    wake();
  }

  function forget(connection: C): void {
    all.delete(connection);
    connection.close();
  }

  const wake = () => waiting.shift()?.();

  function lease(connection: C, wasIdle: boolean): Lease<C> {
    let given = true;
    return {
      connection,
      wasIdle,
      release(again) {
        if (!given) return;
        given = false;
        release(connection, again);
      },
    };
  }

  async function openOne(signal: AbortSignal): Promise<C | undefined> {
    opening += 1;
    try {
      const connection = await options.open(signal);
      all.add(connection);
      if (closed) forget(connection);
      return connection;
    } catch (error) {
      // With none of ours open, or about to be, nothing would ever become free.
      if (!options.isFull(error) || all.size + (opening - 1) === 0) throw error;
      ceiling = Math.max(1, Math.min(ceiling, all.size));
      return undefined;
    } finally {
      opening -= 1;
      wake();
    }
  }

  function turn(signal: AbortSignal): Promise<'free' | 'late'> {
    return new Promise((resolve, reject) => {
      const done = (then: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        const at = waiting.indexOf(free);
        if (at >= 0) waiting.splice(at, 1);
        then();
      };
      const free = () => done(() => resolve('free'));
      const aborted = () => done(() => reject(signal.reason));
      const timer = setTimeout(() => done(() => resolve('late')), options.waitMs);
      signal.addEventListener('abort', aborted, { once: true });
      waiting.push(free);
    });
  }

  return {
    async borrow(signal) {
      for (;;) {
        signal.throwIfAborted();
        for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
          if (connection.usable) return lease(connection, true);
          forget(connection);
        }
        if (opening < MOST_OPENING && all.size + opening < ceiling) {
          const connection = await openOne(signal);
          if (connection !== undefined) return lease(connection, false);
        } else if ((await turn(signal)) === 'late') {
          throw options.busy(ceiling);
        }
      }
    },
    close() {
      closed = true;
      for (const connection of [...all]) forget(connection);
    },
  };
}
