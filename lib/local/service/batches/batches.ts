import { PieceworkError, toErrorRecord } from '../../../errors/error.ts';
import { batchEnded, batchRunning } from '../../../pipeline/requests/batches/batch-errors.ts';
import { findBatch, readableBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import type { BatchSubmission } from '../../../pipeline/shared/batches/submission.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../../transfer/batch/batch-record.ts';
import { asEnding, nextRun } from '../../../transfer/batch/batch-transitions.ts';
import { missing, NO_OUTCOMES } from '../../../transfer/batch/outcome.ts';
import { stated } from '../../../values/stated.ts';
import { batchFolder } from '../../batch/batch-folder.ts';
import { batchStore } from '../../batch/batch-store.ts';
import { changeRecord } from '../../batch/change-record.ts';
import { localShards } from '../../batch/list/shard-store.ts';
import { openShards } from '../../batch/requests/retry.ts';
import type { Home } from '../../home/home.ts';
import type { Changes } from '../queue/changes.ts';
import type { Queue } from '../queue/queue.ts';
import type { BatchJobs } from './batch-jobs.ts';
import { batchJobs } from './batch-jobs.ts';
import { bring, endEarly } from './bring.ts';
import { listStore } from './list-store.ts';
import { submitBatch } from './submit.ts';

/** The batches of a server: each is a job of its own, which has its place locked until it has ended. */
export interface Batches extends AsyncDisposable {
  readonly jobs: BatchJobs;
  /** It has a job, or is just about to have one. */
  isOurs(batchId: string): boolean;
  /** @throws PieceworkError `DestinationLocked`, `Conflict`, and those of destination and options. */
  submit(submission: BatchSubmission, priority?: number): Promise<BatchRecord>;
  /** @throws PieceworkError `BatchNotFound`, `BatchRunning`, `BatchEnded`, `SourceNeeded`, `DestinationLocked`. */
  retry(batchId: string): Promise<BatchRecord>;
  /** It ends after the answer. @throws PieceworkError `BatchNotFound`, `BatchEnded`. */
  cancel(batchId: string): Promise<BatchRecord>;
  /** Sets a batch going that no process works on: with what is open of it, or to its end. */
  goOnWith(record: BatchRecord): Promise<void>;
}

export function openBatches(home: Home, queue: Queue, changes: Changes): Batches {
  const lists = listStore(home.records);
  const shards = localShards(home.records);
  const stopping = new AbortController();
  const jobs = batchJobs(home, {
    running: home.limits.look().running,
    standing: (batchId) => queue.standing(batchId),
    bring: (batchId, round, signal) => bring(home, { lists, shards }, batchId, round, signal),
    endEarly: (batchId, reason, signal) => endEarly(home, batchId, reason, signal),
    onEnded,
    onChange: (batchId, what) => changes.emit({ kind: 'batch', id: batchId, isProgress: what === 'progress' }),
  });

  async function onEnded(batchId: string): Promise<void> {
    queue.forget(batchId);
    await lists.forget(batchId);
    const record = await readableBatch(home, batchId);
    if (record === undefined) return;
    const { counters = NO_OUTCOMES, list, report, reason } = record;
    if (missing(counters) === 0) shards.forget(batchId);
    const { status } = record;
    if (status === 'accepted' || status === 'running') return;
    const type = `batch.${status}` as const;
    const event = { type, batchId, run: runOf(record), entries: list.entries, counters };
    await home.events.emit(Object.assign(event, stated({ report, reason })));
  }

  /** Their place is locked, and they have no job yet. */
  const beginning = new Set<string>();

  /** Locks its place, and reads it again: what was asked meanwhile is known. */
  async function lockedPlace({ id, destination }: BatchRecord) {
    const folder = batchFolder(home.destinations, destination);
    const store = batchStore(home, folder);
    const lock = await store.lock();
    return { store, lock, place: home.locks.key(store.place), record: await findBatch(home, id) };
  }

  async function askToEnd(batchId: string, reason: PieceworkError): Promise<BatchRecord> {
    return await changeRecord(home.records, KEYS.batch(batchId), (there) => {
      if (there === undefined || isBatchOver(there)) throw batchEnded(there ?? { id: batchId, status: 'cancelled' });
      return asEnding(there, { reason: toErrorRecord(reason) }, home.clock.now());
    });
  }

  async function goOnWith(unfinished: BatchRecord): Promise<void> {
    beginning.add(unfinished.id);
    try {
      await startUnfinished(unfinished);
    } finally {
      beginning.delete(unfinished.id);
    }
  }

  async function startUnfinished(unfinished: BatchRecord): Promise<void> {
    const { store, lock, place, record } = await lockedPlace(unfinished);
    try {
      const last = isBatchOver(record) ? undefined : await store.last();
      if (last !== undefined && last.id > record.id)
        await askToEnd(record.id, new PieceworkError('Cancelled', `batch ${last.id} to the same place took its place`));
      jobs.start(record.id, place, lock);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  }

  const isOurs = (batchId: string) => jobs.has(batchId) || beginning.has(batchId);

  return {
    jobs,
    isOurs,
    submit: (submission, priority) =>
      submitBatch({ home, jobs, lists, queue, signal: stopping.signal }, submission, priority),
    async retry(batchId) {
      const found = await findBatch(home, batchId);
      if (isOurs(batchId) || (await home.locks.isHeld(found.place))) throw batchRunning(batchId);
      const { store, lock, place, record } = await lockedPlace(found);
      try {
        if (isBatchOver(record)) await openShards(home, record, shards);
        const begun = isBatchOver(record)
          ? await store.begin(nextRun(record, undefined, home.clock.now()), record)
          : record;
        const { list, destination } = begun;
        const run = runOf(begun);
        await home.events.emit({ type: 'batch.accepted', batchId, run, list: list.from, destination });
        jobs.start(batchId, place, lock);
        return begun;
      } catch (error) {
        await lock[Symbol.asyncDispose]();
        throw error;
      }
    },
    async cancel(batchId) {
      const found = await findBatch(home, batchId);
      if (isBatchOver(found)) throw batchEnded(found);
      const ending = await askToEnd(batchId, new PieceworkError('Cancelled', `batch ${batchId} was cancelled`));
      if (isOurs(batchId)) jobs.end(batchId);
      else if (!(await home.locks.isHeld(found.place))) await goOnWith(ending);
      return ending;
    },
    goOnWith,
    async [Symbol.asyncDispose]() {
      stopping.abort(new PieceworkError('Interrupted', 'the service is shutting down'));
      await jobs[Symbol.asyncDispose]();
    },
  };
}
