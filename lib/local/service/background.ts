import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import type { DestinationLocator, SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { RunNeeds } from '../engine/engine.ts';
import type { Run } from '../engine/run.ts';
import type { Stopper } from '../engine/stopper.ts';
import { stopper } from '../engine/stopper.ts';
import type { Home } from '../home/home.ts';
import type { Queue } from './queue/queue.ts';

/** Transfers that go on after the request that started them was answered. Disposing stops them, and waits for that. */
export interface Background extends AsyncDisposable {
  readonly signal: AbortSignal;
  /**
   * Locks the place and has `begin` set a transfer going, whose record it returns; the transfer is worked on when its
   * turn comes, and not while it is paused.
   * @throws PieceworkError `DestinationLocked`, or what `begin` throws.
   */
  start(wanted: Wanted, begin: (run: Run) => Promise<TransferRecord>): Promise<TransferRecord>;
  /**
   * Stops the work on a transfer as a drain does, with all that it has brought: what is under way has so long to come
   * to its end. Does nothing where none is under way.
   */
  park(transferId: string, patienceMs: number): void;
  /** Once the work on it has stopped. */
  untilParked(transferId: string): Promise<void>;
  /** The source as it was given, with its secrets: of what has not ended. */
  sourceOf(transferId: string): SourceLocator | undefined;
  /**
   * Begins nothing any more; resolves when every piece that is under way has come, or when the signal is aborted. Then
   * it is to be disposed of.
   */
  drain(signal: AbortSignal): Promise<void>;
  readonly running: readonly string[];
  /** What waits for its turn. */
  readonly waiting: readonly string[];
}

/** A transfer that is to be worked on. */
export interface Wanted {
  readonly needs: RunNeeds;
  readonly place: DestinationLocator;
  readonly source: SourceLocator;
}

interface Job {
  readonly stop: Stopper;
  /** Once it has its turn. */
  run?: Run;
  ended: Promise<void>;
}

/** @param onChange something runs, waits or has ended that did not before */
export function background(home: Home, queue: Queue, onChange: (transferId: string) => void): Background {
  const jobs = new Map<string, Job>();
  const sources = new Map<string, SourceLocator>();
  const stop = stopper();
  let isDraining = false;

  async function work(kind: string, run: Run, job: Job, transferId: string): Promise<void> {
    try {
      using _turn = await home.engine.turn(kind, job.stop.signal, () => queue.standing(transferId));
      // Its turn came too late: it stands in its record.
      if (isDraining) return;
      job.run = run;
      onChange(transferId);
      const record = await run.work(transferId, job.stop.signal);
      if (!isOver(record)) return;
      sources.delete(transferId);
      queue.forget(transferId);
    } catch (thrown) {
      // How the transfer ended stands in its record; what is thrown is why it could not be ended.
      const { code, message } = asPieceworkError(thrown);
      if (code !== 'Interrupted')
        await home.events.emit({ type: 'warning', message: `transfer ${transferId} stands still: ${message}` });
    }
  }

  function begin(kind: string, run: Run, lock: AsyncDisposable, transferId: string): void {
    const job: Job = { stop: stopper(stop.signal), ended: Promise.resolve() };
    jobs.set(transferId, job);
    job.ended = (async () => {
      try {
        await work(kind, run, job, transferId);
      } finally {
        job.stop[Symbol.dispose]();
        await run[Symbol.asyncDispose]();
        await lock[Symbol.asyncDispose]();
      }
    })()
      .catch(() => {})
      .finally(() => {
        jobs.delete(transferId);
        onChange(transferId);
      });
    onChange(transferId);
  }

  const idsOf = (hasTurn: boolean) =>
    [...jobs].filter(([, { run }]) => (run !== undefined) === hasTurn).map(([transferId]) => transferId);

  return {
    signal: stop.signal,
    async start({ needs, place, source }, beginWith) {
      if (stop.signal.aborted || isDraining)
        throw new PieceworkError('Interrupted', 'the service is shutting down; ask again');
      const lock = await home.locks.acquire(place);
      let run: Run | undefined;
      try {
        run = await home.engine.open(needs);
        const record = await beginWith(run);
        sources.set(record.id, source);
        if (queue.of(record.id).paused === true) {
          await run[Symbol.asyncDispose]();
          await lock[Symbol.asyncDispose]();
        } else begin(needs.kind, run, lock, record.id);
        return record;
      } catch (error) {
        await run?.[Symbol.asyncDispose]();
        await lock[Symbol.asyncDispose]();
        throw error;
      }
    },
    park(transferId, patienceMs) {
      const job = jobs.get(transferId);
      if (job === undefined) return;
      if (job.run === undefined) return job.stop.now();
      const late = home.clock.sleep(patienceMs, job.stop.signal);
      Promise.race([job.run.drain(job.stop.signal), late]).then(
        () => job.stop.now(),
        () => {},
      );
      late.catch(() => {});
    },
    untilParked: async (transferId) => await jobs.get(transferId)?.ended,
    sourceOf: (transferId) => sources.get(transferId),
    async drain(signal) {
      isDraining = true;
      await Promise.all([...jobs.values()].map(({ run }) => run?.drain(signal).catch(() => {})));
    },
    get running() {
      return idsOf(true);
    },
    get waiting() {
      return idsOf(false);
    },
    async [Symbol.asyncDispose]() {
      stop.now();
      await Promise.all([...jobs.values()].map(({ ended }) => ended));
    },
  };
}
