import { PieceworkError } from '../../errors/error.ts';
import { advance } from '../../pipeline/advance/advance.ts';
import { fetchPiece } from '../../pipeline/fetch/fetch-piece.ts';
import { fetcherMemory } from '../../pipeline/fetch/fetcher-memory.ts';
import { finishTransfer } from '../../pipeline/finish/finish-transfer.ts';
import { planTransfer } from '../../pipeline/plan/plan-transfer.ts';
import { settle } from '../../pipeline/settle/settle.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import { windowPool } from '../../pipeline/shared/windows.ts';
import type { MemoryQueue } from '../../queues/memory.ts';
import { memoryQueue } from '../../queues/memory.ts';
import type { Delivery } from '../../queues/queue.ts';
import type { Input } from '../../transfer/decide/decision.ts';
import type { FinalizerMessage, PieceTask, PlannerMessage } from '../../transfer/messages.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { fromIso } from '../../values/time.ts';
import type { Sizing } from './sizing.ts';

/** The use cases of `lib/pipeline` in one process: queues in memory, a pool of workers, the windows that bound them. */
export interface Engine extends AsyncDisposable {
  readonly ports: Ports;
  /**
   * Works on the transfer until it has ended and is cleaned up; resolves with its last record. Rejects with the signal's
   * reason once all workers have stopped.
   */
  run(transferId: string, signal: AbortSignal): Promise<TransferRecord>;
  // Disposing lets go of the destination: its files, its locks, its connections.
}

export interface EngineOptions {
  readonly home: Omit<Ports, 'queues' | 'windows' | 'policy'>;
  readonly sizing: Sizing;
  readonly parallelism: number;
  readonly dispose: () => Promise<void>;
}

/** A change by another process (a cancel) is noticed after this at the latest. */
const LOOK_EVERY_MS = 1_000;
/** A message that comes back this often meets something that does not pass by itself. */
const MOST_RECEIVES = 8;
/** The same where it may pass, as a store that is cut off: about 11 minutes of redeliveries. */
const MOST_RECEIVES_IN_PASSING = 30;
const RESULTS_PER_BATCH = 100;

export function createEngine({ home, sizing, parallelism, dispose }: EngineOptions): Engine {
  const failures = new FailureWatch();
  const queueOf = <M>(): MemoryQueue<M> => memoryQueue<M>({ clock: home.clock, onFailure: failures.note });
  const planner = queueOf<PlannerMessage>();
  const fetcher = queueOf<PieceTask>();
  const finalizer = queueOf<FinalizerMessage>();
  const ports: Ports = {
    ...home,
    queues: { planner: planner.queue, fetcher: fetcher.queue, finalizer: finalizer.queue },
    windows: windowPool({
      windowBytes: sizing.windowBytes,
      count: sizing.windowCount,
      allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
    }),
    policy: sizing.policy,
  };
  const memory = fetcherMemory(ports);
  const news = newsOf();

  async function handlePlanner(batch: readonly Delivery<PlannerMessage>[], signal: AbortSignal): Promise<void> {
    using _news = news;
    for (const { body, receiveCount } of batch) {
      failures.check(receiveCount);
      if (body.kind === 'plan') await planTransfer(ports, body.transferId, signal);
      else await finishTransfer(ports, body.transferId, signal);
    }
  }

  async function handleFetcher(batch: readonly Delivery<PieceTask>[], signal: AbortSignal): Promise<void> {
    for (const { body, receiveCount } of batch) {
      failures.check(receiveCount);
      await fetchPiece(ports, memory, body, signal);
    }
  }

  async function handleFinalizer(batch: readonly Delivery<FinalizerMessage>[], signal: AbortSignal): Promise<void> {
    using _news = news;
    failures.check(Math.max(...batch.map(({ receiveCount }) => receiveCount)));
    for (const [transferId, inputs] of byTransfer(batch)) await advance(ports, transferId, inputs, signal);
  }

  return {
    ports,
    async run(transferId, signal) {
      using stop = stopper(signal);
      const workers = Promise.all([
        planner.consumer.consume({ concurrency: 1, batchSize: 1 }, handlePlanner, stop.signal),
        fetcher.consumer.consume({ concurrency: parallelism, batchSize: 1 }, handleFetcher, stop.signal),
        finalizer.consumer.consume({ concurrency: 1, batchSize: RESULTS_PER_BATCH }, handleFinalizer, stop.signal),
      ]);
      try {
        await Promise.race([untilOver(ports, transferId, news, stop.signal), failures.hopeless]);
      } finally {
        stop.now();
        await workers;
      }
      signal.throwIfAborted();
      // Whatever the workers were stopped in the middle of.
      await settle(ports, transferId, signal);
      const loaded = await loadTransfer(ports, transferId);
      if (loaded === undefined)
        throw new PieceworkError('TransferNotFound', `transfer ${transferId} vanished while it ran`);
      return loaded.record;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function byTransfer(batch: readonly Delivery<FinalizerMessage>[]): ReadonlyMap<string, readonly Input[]> {
  const inputs = new Map<string, Input[]>();
  for (const { body } of batch) {
    const transferId = body.kind === 'dead' ? body.task.transferId : body.transferId;
    const input: Input = body.kind === 'tick' ? { kind: 'tick' } : body;
    inputs.set(transferId, [...(inputs.get(transferId) ?? []), input]);
  }
  return inputs;
}

/** Looks after each message that may have changed the record, and now and then for what another process did to it. */
async function untilOver(ports: Ports, transferId: string, news: News, signal: AbortSignal): Promise<void> {
  let isTold = false;
  for (;;) {
    const since = news.next();
    const loaded = await loadTransfer(ports, transferId);
    if (loaded === undefined || (isOver(loaded.record) && loaded.record.announced)) return;
    // No schedule ticks here: whatever hangs or waits, the deadline is ours to notice. A completion on its way is judged by its own outcome.
    const isLate =
      ports.clock.now() >= fromIso(loaded.record.deadlineAt) &&
      !isOver(loaded.record) &&
      loaded.record.status !== 'finalizing';
    if (isLate && !isTold) await ports.queues.finalizer.send([{ body: { kind: 'tick', v: 1, transferId } }]);
    isTold ||= isLate;
    await since(ports.clock, signal);
    // Ended, but not announced: by our own worker, which has had time to, or by another process, which leaves that to us.
    if (isOver(loaded.record)) return;
  }
}

/** Disposing of it at the end of a handler tells whoever waits that there may be something new. */
interface News extends Disposable {
  /** From now on; what is returned waits for the next news. */
  next(): (clock: Ports['clock'], signal: AbortSignal) => Promise<void>;
}

function newsOf(): News {
  let waiter: AbortController | undefined;
  return {
    next() {
      const own = new AbortController();
      waiter = own;
      return async (clock, signal) => {
        try {
          await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([own.signal, signal]));
        } catch {
          signal.throwIfAborted();
        }
      };
    },
    [Symbol.dispose]: () => waiter?.abort(),
  };
}

interface Stopper extends Disposable {
  readonly signal: AbortSignal;
  now(): void;
}

/** Follows the caller's signal, and can be stopped by itself. */
function stopper(outer: AbortSignal): Stopper {
  const own = new AbortController();
  const follow = () => own.abort(outer.reason);
  if (outer.aborted) follow();
  outer.addEventListener('abort', follow, { once: true });
  return {
    signal: own.signal,
    now: () => own.abort(new PieceworkError('Interrupted', 'the engine was stopped')),
    [Symbol.dispose]: () => outer.removeEventListener('abort', follow),
  };
}

/** Handlers answer failures of a transfer themselves; what they throw is our own trouble (a full disk under the records, a defect). */
class FailureWatch {
  #last: unknown;
  readonly #hopeless = Promise.withResolvers<never>();

  constructor() {
    // Nobody may be waiting when it comes.
    this.#hopeless.promise.catch(() => {});
  }

  get hopeless(): Promise<never> {
    return this.#hopeless.promise;
  }

  readonly note = (error: unknown): void => {
    this.#last = error;
  };

  /** Gives up on a message that comes again and again. */
  check(receiveCount: number): void {
    const mayPass = this.#last instanceof PieceworkError && this.#last.reaction !== 'fail';
    if (receiveCount > (mayPass ? MOST_RECEIVES_IN_PASSING : MOST_RECEIVES)) this.#hopeless.reject(this.#last);
  }
}
