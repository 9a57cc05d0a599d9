import type { ApiRequests } from '../../api/deps.ts';
import type { Machine } from '../../api/service/machine.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Home } from '../home/home.ts';
import { cancel } from '../requests/cancel.ts';
import { background } from './background.ts';
import { openBatches } from './batches/batches.ts';
import { lookingPorts } from './looking-ports.ts';
import type { MachineParts } from './machine.ts';
import { machineOf } from './machine.ts';
import type { Changes } from './queue/changes.ts';
import { changesOf } from './queue/changes.ts';
import { queueOf } from './queue/queue.ts';
import { queueFile } from './queue/queue-file.ts';
import { retryInBackground } from './retry.ts';
import { submitter } from './submit.ts';
import { goOnWithAll, settleAll } from './upkeep.ts';

/**
 * What `createApi` needs to serve this home: its transfers run on the home's engine beside those of `copy`, and take
 * the same locks, so that a place that another process or another call works on is refused (`DestinationLocked`).
 */
export interface LocalService extends AsyncDisposable {
  /** For looking only. */
  readonly ports: Ports;
  readonly requests: ApiRequests;
  readonly machine: Machine;
  /** Aborted when it is disposed of: long polls end. */
  readonly signal: AbortSignal;
  /** Hears when what `GET /v1/service` says, or where a transfer stands in the queue, may be another than before. */
  readonly changes: Changes;
  /**
   * Sets going again every unfinished transfer and batch that no process works on. A transfer that can't go on says so
   * in a warning, and waits for a retry; such a batch ends, with its reason.
   * @returns how many transfers go on
   */
  goOnWithAll(signal: AbortSignal): Promise<number>;
  /** Cleans up what has ended, where its hold is over. */
  settleAll(signal: AbortSignal): Promise<void>;
  /** Begins nothing any more; resolves when all that is under way has come, or when the signal is aborted. */
  drain(signal: AbortSignal): Promise<void>;
  // Disposing stops the transfers and batches that it started, as a signal does. The next `retry`, or a `copy` to the
  // same place, goes on with them.
}

export async function openService(home: Home): Promise<LocalService> {
  const changes = changesOf();
  const queue = queueOf(queueFile(home.stateDir));
  home.limits.change(queue.limitsFor(home.limits.given));
  const work = background(home, queue, (transferId) => changes.emit({ kind: 'transfer', id: transferId }));
  const batches = openBatches(home, queue, changes);
  const ports = await lookingPorts(home);
  const parts: MachineParts = { home, looking: ports, work, queue, changes, batches };
  const machine = machineOf(parts);
  return {
    ports,
    machine,
    signal: work.signal,
    changes,
    goOnWithAll: (signal) => goOnWithAll(parts, signal),
    settleAll: (signal) => settleAll(home, signal),
    async drain(signal) {
      await Promise.all([work.drain(signal), batches.jobs.drain(signal)]);
    },
    requests: {
      submit: submitter(home, ports, work, queue),
      // Everything here is one user's: who acts needs no record.
      async cancel(transferId, _, signal) {
        const record = await cancel(home, transferId, signal);
        // It gets no turn in which it would be cleaned up; the upkeep does that.
        if (work.waiting.includes(transferId) && !queue.standing(transferId).mayRun) work.park(transferId, 0);
        if (isOver(record)) queue.forget(transferId);
        changes.emit({ kind: 'transfer', id: transferId });
        return record;
      },
      async retry(transferId, source) {
        // Who has it run again does not have it paused any more.
        if (queue.of(transferId).paused === true) await queue.prefer(transferId, { paused: undefined });
        return await retryInBackground(home, ports, work, transferId, source ?? work.sourceOf(transferId));
      },
      submitBatch: (submission, _, { priority } = {}) => batches.submit(submission, priority),
      async retryBatch(batchId) {
        if (queue.of(batchId).paused === true) await queue.prefer(batchId, { paused: undefined });
        return await batches.retry(batchId);
      },
      cancelBatch: (batchId) => batches.cancel(batchId),
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([work[Symbol.asyncDispose](), batches[Symbol.asyncDispose]()]);
    },
  };
}
