import { PieceworkError } from '../../errors/error.ts';
import { advance } from '../../pipeline/advance/advance.ts';
import { fetchPiece } from '../../pipeline/fetch/fetch-piece.ts';
import { fetcherMemory } from '../../pipeline/fetch/fetcher-memory.ts';
import { finishTransfer } from '../../pipeline/finish/finish-transfer.ts';
import { planTransfer } from '../../pipeline/plan/plan-transfer.ts';
import { settle } from '../../pipeline/settle/settle.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import type { MemoryQueue } from '../../queues/memory.ts';
import { memoryQueue } from '../../queues/memory.ts';
import type { Delivery } from '../../queues/queue.ts';
import type { Probe } from '../../sources/source.ts';
import type { Input } from '../../transfer/decide/decision.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { FinalizerMessage, PieceTask, PlannerMessage } from '../../transfer/messages.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import type { ConnectionShare } from './connections.ts';
import { drainOf } from './drain.ts';
import { primedSources } from './primed-source.ts';
import { stopper } from './stopper.ts';
import type { Tally } from './tally.ts';
import { tallied } from './tally.ts';
import type { AtWorkNotes } from './watch/at-work.ts';
import { FailureWatch } from './watch/failure-watch.ts';
import { IdleWatch } from './watch/idle-watch.ts';
import type { News } from './watch/news.ts';
import { newsOf } from './watch/news.ts';
import { untilOver } from './watch/until-over.ts';

/** One transfer in the engine: its messages, its workers and its part of what all transfers share. */
export interface Run extends AsyncDisposable {
  readonly ports: Ports;
  readonly tally: Tally;
  /**
   * Hands a probe that was made before the submit to the plan that comes after it. It belongs to the run from now on.
   */
  prime(locator: SourceLocator, firstBytes: number, probe: Probe): void;
  /**
   * Works on the transfer until it has ended and is cleaned up; resolves with its last record. Rejects with the
   * signal's reason once all its workers have stopped.
   */
  work(transferId: string, signal: AbortSignal): Promise<TransferRecord>;
  /**
   * From now on no plan and no piece is begun; resolves when those that are under way have ended, and what they brought
   * is known. Rejects with the signal's reason.
   */
  drain(signal: AbortSignal): Promise<void>;
  // Disposing lets go of the destination: its files, its locks.
}

export interface RunParts {
  readonly ports: Omit<Ports, 'queues'>;
  readonly connections: ConnectionShare;
  /** Until when parts that were stopped on their way may still land. */
  mayLandUntil(): Instant;
  /** Connections to the source's host that are this process's: waits until there are any. @default any number */
  borne(signal: AbortSignal): Promise<number | undefined>;
  readonly parallelism: number;
  /** As it is shown. */
  readonly host: string;
  readonly notes: AtWorkNotes;
  /** Aborted = the home is being closed. */
  readonly closing: AbortSignal;
  /** Closing the home waits for it. */
  track<T>(work: Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

/** Nothing of the transfer is in flight, and it is not at its end. */
interface Idle {
  readonly kind: 'idle';
  readonly transferId: string;
}

const RESULTS_PER_BATCH = 100;
const LOOK_AFTER_DRAIN_MS = 20;
/** For a clean-up that comes after the interruption. */
const LAST_CLEANING_MS = 10_000;

export function createRun(parts: RunParts): Run {
  const { ports: given, connections, borne, parallelism, host, notes, closing, track, mayLandUntil, dispose } = parts;
  const failures = new FailureWatch();
  const queueOf = <M>(): MemoryQueue<M> => memoryQueue<M>({ clock: given.clock, onFailure: failures.note });
  const planner = queueOf<PlannerMessage>();
  const fetcher = queueOf<PieceTask>();
  const finalizer = queueOf<FinalizerMessage | Idle>();
  const isWorking = () => !isQuiet(planner.pending()) || !isQuiet(fetcher.pending());
  const isIdle = () => !isWorking() && isQuiet(finalizer.pending());
  const { events, tally } = tallied(given.events);
  const primed = primedSources(given.sources);
  let isAtWork = false;
  const lateMs = () => mayLandUntil() - given.clock.now();
  const ports: Ports = {
    ...given,
    policy: { ...given.policy, mayStillLand: () => isAtWork || lateMs() > 0 },
    sources: primed.sources,
    events,
    queues: { planner: planner.queue, fetcher: fetcher.queue, finalizer: finalizer.queue },
  };
  const memory = fetcherMemory(ports);
  const { countsConnections: isCounted = false } = ports.policy;
  // One for each place: while some put what they have, others read. Connections and windows bound both.
  const pieceWorkers = isCounted ? ports.policy.places(parallelism) : parallelism;
  const news: News = newsOf();
  const draining = drainOf();

  async function handlePlanner(batch: readonly Delivery<PlannerMessage>[], signal: AbortSignal): Promise<void> {
    using _news = news;
    for (const { body, receiveCount } of batch) {
      failures.check(receiveCount);
      // What is complete is completed: that begins nothing.
      if (body.kind === 'plan') await draining.untilStopped(signal);
      using _underWay = draining.begun();
      if (body.kind === 'plan') await planTransfer(ports, body.transferId, signal);
      else await finishTransfer(ports, body.transferId, signal);
    }
  }

  async function handleFetcher(batch: readonly Delivery<PieceTask>[], signal: AbortSignal): Promise<void> {
    for (const { body, receiveCount } of batch) {
      failures.check(receiveCount);
      const most = (await borne(signal)) ?? Number.POSITIVE_INFINITY;
      await draining.untilStopped(signal);
      using _underWay = draining.begun();
      using connection = await connections.take(signal, most);
      using reading = notes.reads(body.transferId, body.pieceNumber, `${host}#${connection.number}`);
      const onRead = () => {
        reading[Symbol.dispose]();
        if (isCounted) connection[Symbol.dispose]();
      };
      await fetchPiece(ports, memory, body, signal, { onRead });
    }
  }

  async function handleFinalizer(
    batch: readonly Delivery<FinalizerMessage | Idle>[],
    signal: AbortSignal,
  ): Promise<void> {
    using _news = news;
    failures.check(Math.max(...batch.map(({ receiveCount }) => receiveCount)));
    using _underWay = draining.begun();
    for (const [transferId, inputs] of byTransfer(batch)) await advance(ports, transferId, inputs, signal);
    // What was sent by it nothing else would have sent.
    for (const { body } of batch)
      if (body.kind === 'idle' && isWorking())
        await ports.events.emit({ type: 'warning', message: wasIdle(body.transferId) });
  }

  async function workUntilOver(transferId: string, signal: AbortSignal): Promise<TransferRecord> {
    // Where pieces are gone on with, nothing is planned: its connection is worth more to a piece.
    if (planner.pending().waiting === 0) await primed[Symbol.asyncDispose]();
    using stop = stopper(signal, closing);
    using _atWork = notes.began(transferId, host);
    isAtWork = true;
    const workers = Promise.all([
      planner.consumer.consume({ concurrency: 1, batchSize: 1 }, handlePlanner, stop.signal),
      fetcher.consumer.consume({ concurrency: pieceWorkers, batchSize: 1 }, handleFetcher, stop.signal),
      finalizer.consumer.consume({ concurrency: 1, batchSize: RESULTS_PER_BATCH }, handleFinalizer, stop.signal),
    ]);
    // Puts and completions are made by the planner.
    const mayComplete = () => planner.pending().inFlight > 0;
    const idle = new IdleWatch(isIdle);
    const askAll = () => finalizer.queue.send([{ body: { kind: 'idle', transferId } }]);
    const over = untilOver(ports, transferId, { news, mayComplete, idle, askAll }, stop.signal);
    try {
      await Promise.race([over, failures.hopeless]);
    } finally {
      stop.now();
      await workers;
      isAtWork = false;
      if (signal.aborted || closing.aborted) await cleanUpCancelled(transferId).catch(() => {});
    }
    signal.throwIfAborted();
    await cleanUp(transferId, signal);
    const loaded = await loadTransfer(ports, transferId);
    if (loaded === undefined)
      throw new PieceworkError('TransferNotFound', `transfer ${transferId} vanished while it ran`);
    return loaded.record;
  }

  /** Whatever the workers were stopped in the middle of; and once more, where a part may land after the abort. */
  async function cleanUp(transferId: string, signal: AbortSignal): Promise<void> {
    // Before the look: that time may be over when it has come to its end, and what it left has to be done all the same.
    const wasLate = lateMs() > 0;
    await settleOrWarn(ports, transferId, signal);
    const left = (await loadTransfer(ports, transferId))?.record.toAbort ?? [];
    if (left.length === 0 || !(wasLate || lateMs() > 0)) return;
    await given.clock.sleep(Math.max(0, lateMs()), signal);
    await settleOrWarn(ports, transferId, signal);
  }

  /** Another process cancelled it, and left the rest to this one, which is interrupted before it saw that. */
  async function cleanUpCancelled(transferId: string): Promise<void> {
    const loaded = await loadTransfer(ports, transferId);
    if (loaded?.record.status !== 'cancelled') return;
    await cleanUp(transferId, AbortSignal.timeout(LAST_CLEANING_MS));
  }

  return {
    ports,
    tally,
    prime: (locator, firstBytes, probe) => primed.prime(locator, firstBytes, probe),
    work: (transferId, signal) => track(workUntilOver(transferId, signal)),
    async drain(signal) {
      draining.start();
      const isDrained = () => draining.isIdle && isQuiet(finalizer.pending());
      while (!isDrained()) await given.clock.sleep(LOOK_AFTER_DRAIN_MS, signal);
    },
    async [Symbol.asyncDispose]() {
      await primed[Symbol.asyncDispose]();
      await dispose();
    },
  };
}

function isQuiet({ waiting, inFlight }: ReturnType<MemoryQueue<unknown>['pending']>): boolean {
  return waiting + inFlight === 0;
}

/** What can't be cleaned up is no reason to hide how the transfer ended: its marker stands, and `clean` tries again. */
async function settleOrWarn(ports: Ports, transferId: string, signal: AbortSignal): Promise<void> {
  try {
    await settle(ports, transferId, signal);
  } catch (error) {
    signal.throwIfAborted();
    const loaded = await loadTransfer(ports, transferId);
    if (!(error instanceof PieceworkError) || loaded === undefined || !isOver(loaded.record)) throw error;
    const message = `what the transfer left could not be cleaned up (${error.message}); \`piecework clean\` tries again`;
    await ports.events.emit({ type: 'warning', message });
  }
}

function wasIdle(transferId: string): string {
  return `nothing was on its way for transfer ${transferId}, and it was not at its end: what is missing is asked for again`;
}

function byTransfer(batch: readonly Delivery<FinalizerMessage | Idle>[]): ReadonlyMap<string, readonly Input[]> {
  const inputs = new Map<string, Input[]>();
  for (const { body } of batch) {
    const transferId = body.kind === 'dead' ? body.task.transferId : body.transferId;
    const input = inputOf(body);
    inputs.set(transferId, [...(inputs.get(transferId) ?? []), input]);
  }
  return inputs;
}

function inputOf(body: FinalizerMessage | Idle): Input {
  if (body.kind === 'idle') return { kind: 'tick', now: true };
  return body.kind === 'tick' ? { kind: 'tick' } : body;
}
