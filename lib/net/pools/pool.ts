import { PieceworkError } from '../../errors/error.ts';

/** A connection that serves one borrower after another. */
export interface Poolable {
  /** False once it is closed, or in a state that is not known. */
  readonly usable: boolean;
  close(): void;
}

export interface Lease<C> {
  readonly connection: C;
  /** It had been idle: the other side may have closed it meanwhile without our noticing. */
  readonly wasIdle: boolean;
  /** Gives it back; what is spent, or no longer usable, is closed. More than once is no harm. */
  release(state: 'reusable' | 'spent'): void;
}

export interface PoolOptions<C> {
  /** The signal is also aborted when the pool is closed. */
  open(signal: AbortSignal): Promise<C>;
  /** Open connections at most; who needs one more waits. @default no limit */
  readonly most?: number | undefined;
  /** For servers that say how many they bear; they are entered by four at a time. @default none does */
  readonly fullness?: Fullness;
}

export interface Fullness {
  /** The server has as many connections as it wants. @param openConnections that are ours now. */
  isFull(error: unknown, openConnections: number): boolean;
  /** What such a refusal is called, with what we have open. The engine learns from it how many the server bears. */
  full(error: unknown, openConnections: number): unknown;
  /** Longest wait for a connection of ours to become free, while the server is full. */
  readonly waitMs: number;
  /** What it is called when none did. */
  busy(): PieceworkError;
}

export interface Pool<C> {
  /** @throws what `open` throws, `busy`, `Interrupted` when the pool is closed, or the signal's reason. */
  borrow(signal: AbortSignal): Promise<Lease<C>>;
  /** From now on nothing is kept for the next borrower. */
  retire(): void;
  /** Nothing is open, nor being opened. */
  readonly isEmpty: boolean;
  close(): void;
}

/**
 * After a refusal no connection is opened for so long: a request that needs one waits for one of those that stand. Less
 * than the engine's patience.
 */
const FULL_MS = 1_000;

/** Handshakes at a time: some servers (sshd's MaxStartups) cut off clients that come in a crowd. */
const MOST_OPENING = 4;

/** Connections to one server under one identity. */
export function connectionPool<C extends Poolable>(options: PoolOptions<C>): Pool<C> {
  const idle: C[] = [];
  const all = new Set<C>();
  const waiting: (() => void)[] = [];
  /** Settled, not rejected, whatever comes of them. */
  const opening = new Set<Promise<void>>();
  const { fullness, most = Number.POSITIVE_INFINITY } = options;
  const mostOpening = fullness === undefined ? Number.POSITIVE_INFINITY : MOST_OPENING;
  const closing = new AbortController();
  let fullUntil = 0;
  let isRetired = false;

  function release(connection: C, state: 'reusable' | 'spent'): void {
    if (state === 'reusable' && connection.usable && !closing.signal.aborted && !isRetired) idle.push(connection);
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
      release(state) {
        if (!given) return;
        given = false;
        release(connection, state);
      },
    };
  }

  async function openOne(signal: AbortSignal): Promise<C> {
    const attempt = options.open(AbortSignal.any([signal, closing.signal])).then((connection) => {
      all.add(connection);
      if (closing.signal.aborted) forget(connection);
      return connection;
    });
    const settled = attempt.then(
      () => {},
      () => {},
    );
    opening.add(settled);
    try {
      return await attempt;
    } catch (error) {
      if (fullness?.isFull(error, all.size) !== true) throw error;
      fullUntil = performance.now() + FULL_MS;
      opening.delete(settled);
      // Those that are let in beside this one count as well.
      await Promise.all(opening);
      throw fullness.full(error, all.size);
    } finally {
      opening.delete(settled);
      wake();
    }
  }

  /** With none of ours open nothing would ever become free: then it is asked all the same. */
  const mayOpen = () =>
    opening.size < mostOpening && all.size + opening.size < most && (all.size === 0 || performance.now() >= fullUntil);

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
      const timer = fullness === undefined ? undefined : setTimeout(() => done(() => resolve('late')), fullness.waitMs);
      signal.addEventListener('abort', aborted, { once: true });
      waiting.push(free);
    });
  }

  return {
    async borrow(signal) {
      for (;;) {
        closing.signal.throwIfAborted();
        signal.throwIfAborted();
        for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
          if (connection.usable) return lease(connection, true);
          forget(connection);
        }
        if (mayOpen()) return lease(await openOne(signal), false);
        const turned = await turn(signal);
        // Who leaves gives his turn on.
        if (signal.aborted) wake();
        else if (turned === 'late' && fullness !== undefined) throw fullness.busy();
      }
    },
    retire() {
      isRetired = true;
      for (const connection of idle.splice(0)) forget(connection);
    },
    get isEmpty() {
      return all.size === 0 && opening.size === 0;
    },
    close() {
      closing.abort(new PieceworkError('Interrupted', 'the source was closed while it was asked'));
      for (const connection of [...all]) forget(connection);
      while (waiting.length > 0) wake();
    },
  };
}
