import { PieceworkError } from '../../errors/error.ts';
import type { Lease, Pool, Poolable } from './pool.ts';

/**
 * Does something on a connection of its own, which the action gives back when it is done with it. One that had been
 * idle may be dead without our knowing: then once more, on another. An abort closes it, and rejects with the signal's
 * reason.
 */
export async function withConnection<C extends Poolable, T>(
  pool: Pool<C>,
  signal: AbortSignal,
  action: (lease: Lease<C>) => Promise<T>,
): Promise<T> {
  for (;;) {
    const lease = await pool.borrow(signal);
    try {
      return await closingOnAbort(lease.connection, signal, () => action(lease));
    } catch (error) {
      const isUsable = lease.connection.usable;
      const wasDead = lease.wasIdle && !isUsable && error instanceof PieceworkError && error.code === 'SourceReset';
      lease.release('reusable');
      signal.throwIfAborted();
      if (!wasDead) throw error;
    }
  }
}

/** Does something on a connection, which an abort closes; what fails after that rejects with the signal's reason. */
export async function closingOnAbort<T>(
  connection: Pick<Poolable, 'close'>,
  signal: AbortSignal,
  action: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const stop = () => connection.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await action();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
