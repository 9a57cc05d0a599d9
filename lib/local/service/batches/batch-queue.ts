import type { Machine } from '../../../api/service/machine.ts';
import { PieceworkError } from '../../../errors/error.ts';
import { batchEnded } from '../../../pipeline/requests/batches/batch-errors.ts';
import { findBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../../transfer/batch/batch-record.ts';
import { stated } from '../../../values/stated.ts';
import type { Home } from '../../home/home.ts';
import type { Changes } from '../queue/changes.ts';
import type { Queue } from '../queue/queue.ts';
import type { Batches } from './batches.ts';

interface BatchQueueParts {
  readonly home: Home;
  readonly queue: Queue;
  readonly changes: Changes;
  readonly batches: Batches;
  /** What is under way when it is paused has so long to come to its end. */
  readonly patienceMs: number;
}

/** What a machine says of its batches, and what can be asked of its queue of them. */
export function batchQueue({
  home,
  queue,
  changes,
  batches: { jobs, goOnWith, isOurs },
  patienceMs,
}: BatchQueueParts): Pick<Machine, 'standingOfBatch' | 'sumsOfBatch' | 'pauseBatch' | 'resumeBatch' | 'arrangeBatch'> {
  async function open(batchId: string): Promise<BatchRecord> {
    const record = await findBatch(home, batchId);
    if (isBatchOver(record)) throw batchEnded(record);
    if (!isOurs(batchId) && (await home.locks.isHeld(record.place)))
      throw new PieceworkError('Conflict', `batch ${batchId} is worked on by another process: stop that one`);
    return record;
  }

  /** In the order of their turns. */
  const waiting = () => queue.sorted(jobs.waiting.filter((id) => queue.of(id).paused !== true));

  return {
    standingOfBatch(record) {
      if (isBatchOver(record)) return {};
      const { paused, priority } = queue.of(record.id);
      // There are few of them: each is a job of this process.
      const place = paused === true ? -1 : waiting().indexOf(record.id);
      const waitingPosition = place === -1 ? undefined : place + 1;
      return stated({ paused, priority, waitingPosition, counters: jobs.sumsOf(record.id)?.counters });
    },
    sumsOfBatch: (batchId) => jobs.sumsOf(batchId),
    async pauseBatch(batchId) {
      const record = await open(batchId);
      await queue.prefer(batchId, { paused: true });
      jobs.park(batchId, patienceMs);
      changes.emit({ kind: 'batch', id: batchId });
      return record;
    },
    async arrangeBatch(batchId, { priority, position }) {
      const record = await open(batchId);
      if (priority !== undefined) await queue.prefer(batchId, { priority });
      if (position !== undefined) await queue.move(batchId, position, jobs.waiting);
      jobs.look();
      // All that wait may have another number.
      for (const id of jobs.waiting) changes.emit({ kind: 'batch', id });
      return record;
    },
    async resumeBatch(batchId) {
      const record = await open(batchId);
      await queue.prefer(batchId, { paused: undefined });
      // What still comes to its end goes on after that.
      if (isOurs(batchId)) jobs.look();
      else await goOnWith(record);
      changes.emit({ kind: 'batch', id: batchId });
      return record;
    },
  };
}
