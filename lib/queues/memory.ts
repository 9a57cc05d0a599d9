import type { Clock, Instant } from '../values/time.ts';
import type { Consumer, Delivery, Queue } from './queue.ts';

export interface MemoryQueueOptions {
  readonly clock: Clock;
  /** Gets what a handler threw; its batch comes again. Must not throw. @default none */
  readonly onFailure?: (error: unknown) => void;
}

export interface MemoryQueue<M> {
  readonly queue: Queue<M>;
  readonly consumer: Consumer<M>;
  /** Idle when both are 0. */
  pending(): { readonly waiting: number; readonly inFlight: number };
}

interface Waiting<M> {
  readonly body: M;
  readonly receiveCount: number;
  readonly dueAt: Instant;
}

const FIRST_REDELIVERY_MS = 100;
const LAST_REDELIVERY_MS = 30_000;
/** Why a sleep ends early. Without a reason of ours each wake-up would make an error, with its stack. */
const ROUSED = Symbol('roused');

/** A queue within the process. What it holds ends with the process: record and ledger bring it back (invariant 2). */
export function memoryQueue<M>({ clock, onFailure }: MemoryQueueOptions): MemoryQueue<M> {
  /** By the time they are due; first in, first out among equals. */
  const waiting: Waiting<M>[] = [];
  let inFlight = 0;
  const sleepers = new Set<() => void>();

  function wake(): void {
    for (const rouse of sleepers) rouse();
  }

  function enqueue(body: M, receiveCount: number, delayMs: number): void {
    const dueAt = clock.now() + delayMs;
    waiting.splice(waiting.findLastIndex((other) => other.dueAt <= dueAt) + 1, 0, { body, receiveCount, dueAt });
  }

  function take(count: number): Delivery<M>[] {
    const now = clock.now();
    const later = waiting.findIndex((message) => message.dueAt > now);
    const due = waiting.splice(0, Math.min(count, later === -1 ? waiting.length : later));
    return due.map(({ body, receiveCount }) => ({ body, receiveCount }));
  }

  /** Until it is woken, or the next message is due. */
  async function sleepUntilChange(watchDue: boolean): Promise<void> {
    const next = watchDue ? waiting[0] : undefined;
    if (next === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      sleepers.add(resolve);
      await promise;
      sleepers.delete(resolve);
      return;
    }
    const roused = new AbortController();
    const rouse = () => roused.abort(ROUSED);
    sleepers.add(rouse);
    try {
      await clock.sleep(next.dueAt - clock.now(), roused.signal);
    } catch (error) {
      if (!roused.signal.aborted) throw error;
    } finally {
      sleepers.delete(rouse);
    }
  }

  type Handle = Parameters<Consumer<M>['consume']>[1];

  async function deliver(batch: readonly Delivery<M>[], handle: Handle, signal: AbortSignal): Promise<void> {
    inFlight += batch.length;
    try {
      await handle(batch, signal);
    } catch (error) {
      // A handler that was stopped has not failed: the next consumer gets its batch as it was.
      const stopped = signal.aborted;
      for (const { body, receiveCount } of batch) {
        enqueue(body, stopped ? receiveCount : receiveCount + 1, stopped ? 0 : redeliveryDelay(receiveCount));
      }
      if (!stopped) onFailure?.(error);
    } finally {
      inFlight -= batch.length;
    }
  }

  return {
    queue: {
      async send(messages) {
        for (const { body, delayMs = 0 } of messages) enqueue(structuredClone(body), 1, delayMs);
        wake();
      },
    },

    consumer: {
      async consume({ concurrency, batchSize }, handle, signal) {
        const running = new Set<Promise<void>>();
        signal.addEventListener('abort', wake);
        try {
          while (!signal.aborted) {
            const hasPlace = running.size < concurrency;
            const batch = hasPlace ? take(batchSize) : [];
            if (batch.length === 0) {
              await sleepUntilChange(hasPlace);
              continue;
            }
            const delivery = deliver(batch, handle, signal).finally(() => {
              running.delete(delivery);
              wake();
            });
            running.add(delivery);
          }
        } finally {
          signal.removeEventListener('abort', wake);
          await Promise.all(running);
        }
      },
    },

    pending: () => ({ waiting: waiting.length, inFlight }),
  };
}

/** 0.1 s, doubling up to 30 s. */
function redeliveryDelay(receiveCount: number): number {
  return Math.min(LAST_REDELIVERY_MS, FIRST_REDELIVERY_MS * 2 ** (receiveCount - 1));
}
