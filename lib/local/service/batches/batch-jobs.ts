import { asPieceworkError, PieceworkError } from '../../../errors/error.ts';
import type { Sums } from '../../../transfer/batch/sums.ts';
import { Progress } from '../../batch/progress.ts';
import type { BatchDrain } from '../../batch/run/batch-drain.ts';
import { batchDrain } from '../../batch/run/batch-drain.ts';
import type { Standing } from '../../engine/running-places.ts';
import { runningPlaces } from '../../engine/running-places.ts';
import type { Stopper } from '../../engine/stopper.ts';
import { stopper } from '../../engine/stopper.ts';
import type { Home } from '../../home/home.ts';
import type { Round } from './bring.ts';

/** Batches that are worked on after the request that began them was answered. Disposing stops them. */
export interface BatchJobs extends AsyncDisposable {
  /**
   * From now on it is worked on, whenever its standing lets it, until it has ended.
   * @param lock of its place; it belongs to the job
   */
  start(batchId: string, place: string, lock: AsyncDisposable): void;
  /** What is under way of it has so long to come to its end; then it waits until its standing lets it go on. */
  park(batchId: string, patienceMs: number): void;
  /** Its record says that it is to end: also one that waits, or is paused, does so now. */
  end(batchId: string): void;
  has(batchId: string): boolean;
  /** The batch that works on a place, by the name of its lock. */
  at(place: string): string | undefined;
  /** How far it is, while it is worked on. */
  sumsOf(batchId: string): (Sums & { readonly openLarge: number }) | undefined;
  readonly running: readonly string[];
  readonly waiting: readonly string[];
  /** So many side by side. What runs keeps its place. */
  allow(most: number): void;
  /** Standings have changed. */
  look(): void;
  /** Begins nothing any more; resolves when all that is under way has come, or when the signal is aborted. */
  drain(signal: AbortSignal): Promise<void>;
}

export interface JobsOptions {
  readonly running: number;
  standing(batchId: string): Standing;
  /** One time of work; resolves when the batch has ended. */
  bring(batchId: string, round: Round, signal: AbortSignal): Promise<void>;
  /** Ends it before its end. */
  endEarly(batchId: string, reason: PieceworkError, signal: AbortSignal): Promise<void>;
  /** It has ended, and its place is free. */
  onEnded(batchId: string): Promise<void>;
  /** `state`: it runs, waits or has ended; `progress`: one more entry has its outcome. */
  onChange(batchId: string, what: 'state' | 'progress'): void;
}

interface Job {
  readonly place: string;
  readonly stop: Stopper;
  ended: Promise<void>;
  /** While it waits for its turn. */
  waiting?: Stopper;
  round?: { readonly stop: Stopper; readonly drain: BatchDrain; readonly progress: Progress };
  isEnding: boolean;
}

export function batchJobs(home: Home, options: JobsOptions): BatchJobs {
  const jobs = new Map<string, Job>();
  const stop = stopper();
  const places = runningPlaces(options.running, () => home.clock.now());
  let isDraining = false;

  /** `undefined`: it is to end, and needs no turn for that. */
  async function turn(batchId: string, job: Job): Promise<Disposable | undefined> {
    if (job.isEnding) return undefined;
    using waiting = stopper(job.stop.signal);
    job.waiting = waiting;
    try {
      return await places.take(waiting.signal, () => options.standing(batchId));
    } catch (error) {
      if (job.stop.signal.aborted || !job.isEnding) throw error;
      return undefined;
    } finally {
      delete job.waiting;
    }
  }

  /** True = it has ended; false = it was parked. */
  async function work(batchId: string, job: Job): Promise<boolean> {
    using _turn = await turn(batchId, job);
    if (isDraining) throw new PieceworkError('Interrupted', 'the service is shutting down');
    using roundStop = stopper(job.stop.signal);
    const progress = new Progress((event) => {
      if (event.type !== 'batch.started') options.onChange(batchId, 'progress');
    });
    job.round = { stop: roundStop, drain: batchDrain(home.clock), progress };
    options.onChange(batchId, 'state');
    try {
      await options.bring(batchId, job.round, roundStop.signal);
      return true;
    } catch (thrown) {
      job.stop.signal.throwIfAborted();
      if (roundStop.signal.aborted) return false;
      await options.endEarly(batchId, asPieceworkError(thrown), job.stop.signal);
      return true;
    } finally {
      delete job.round;
      options.onChange(batchId, 'state');
    }
  }

  async function workUntilEnded(batchId: string, job: Job, lock: AsyncDisposable): Promise<void> {
    let hasEnded = false;
    try {
      while (!hasEnded) hasEnded = await work(batchId, job);
    } catch (thrown) {
      const { code, message } = asPieceworkError(thrown);
      if (code !== 'Interrupted')
        await home.events.emit({ type: 'warning', message: `batch ${batchId} stands still: ${message}` });
    } finally {
      await lock[Symbol.asyncDispose]();
      job.stop[Symbol.dispose]();
      jobs.delete(batchId);
    }
    if (hasEnded) await options.onEnded(batchId);
    options.onChange(batchId, 'state');
  }

  const idsOf = (isRunning: boolean) =>
    [...jobs].filter(([, { round }]) => (round !== undefined) === isRunning).map(([batchId]) => batchId);

  return {
    start(batchId, place, lock) {
      if (stop.signal.aborted || isDraining)
        throw new PieceworkError('Interrupted', 'the service is shutting down; ask again');
      const job: Job = { place, stop: stopper(stop.signal), ended: Promise.resolve(), isEnding: false };
      jobs.set(batchId, job);
      job.ended = workUntilEnded(batchId, job, lock).catch(() => {});
      options.onChange(batchId, 'state');
    },
    park(batchId, patienceMs) {
      const round = jobs.get(batchId)?.round;
      if (round === undefined) return;
      const { signal } = round.stop;
      const late = home.clock.sleep(patienceMs, signal);
      Promise.race([round.drain.drain(signal), late]).then(
        () => round.stop.now(),
        () => {},
      );
      late.catch(() => {});
    },
    end(batchId) {
      const job = jobs.get(batchId);
      if (job === undefined) return;
      job.isEnding = true;
      job.waiting?.now();
    },
    has: (batchId) => jobs.has(batchId),
    at(place) {
      for (const [batchId, job] of jobs) if (job.place === place) return batchId;
      return undefined;
    },
    sumsOf(batchId) {
      const round = jobs.get(batchId)?.round;
      return round === undefined ? undefined : { ...round.progress.sums(), openLarge: round.drain.large };
    },
    get running() {
      return idsOf(true);
    },
    get waiting() {
      return idsOf(false);
    },
    allow: (most) => places.allow(most),
    look: () => places.look(),
    async drain(signal) {
      isDraining = true;
      await Promise.all([...jobs.values()].map(({ round }) => round?.drain.drain(signal).catch(() => {})));
    },
    async [Symbol.asyncDispose]() {
      stop.now();
      await Promise.all([...jobs.values()].map(({ ended }) => ended));
    },
  };
}
