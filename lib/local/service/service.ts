import type { ApiRequests } from '../../api/deps.ts';
import type { Machine } from '../../api/service/machine.ts';
import { retryBatch } from '../../pipeline/requests/batches/retry-batch.ts';
import { submitBatch } from '../../pipeline/requests/batches/submit-batch.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { cancelBatch } from '../batch/requests/cancel.ts';
import type { Home } from '../home/home.ts';
import { cancel } from '../requests/cancel.ts';
import { background } from './background.ts';
import { lookingPorts } from './looking-ports.ts';
import { machineOf } from './machine.ts';
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
  /** Transfers that run here, or wait for their turn. */
  readonly count: number;
  /**
   * Sets going again every unfinished transfer that no process works on. What can't go on says so in a warning, and
   * waits for a retry.
   * @returns how many go on
   */
  goOnWithAll(signal: AbortSignal): Promise<number>;
  /** Cleans up what has ended, where its hold is over. */
  settleAll(signal: AbortSignal): Promise<void>;
  /** Begins nothing any more; resolves when all that is under way has come, or when the signal is aborted. */
  drain(signal: AbortSignal): Promise<void>;
  // Disposing stops the transfers that it started, as a signal does. The next `retry`, or a `copy` to the same place,
  // goes on with them.
}

export async function openService(home: Home): Promise<LocalService> {
  const work = background(home);
  const ports = await lookingPorts(home);
  return {
    ports,
    machine: machineOf(home, work),
    signal: work.signal,
    get count() {
      return work.count;
    },
    goOnWithAll: (signal) => goOnWithAll(home, ports, work, signal),
    settleAll: (signal) => settleAll(home, signal),
    drain: (signal) => work.drain(signal),
    requests: {
      submit: submitter(home, ports, work),
      // Everything here is one user's: who acts needs no record.
      cancel: (transferId, _, signal) => cancel(home, transferId, signal),
      retry: (transferId, source) => retryInBackground(home, ports, work, transferId, source),
      // These say that no batches are taken here: a batch runs in the process that reads its list.
      submitBatch: (submission) => submitBatch(ports, submission),
      retryBatch: (batchId) => retryBatch(ports, batchId, undefined),
      cancelBatch: (batchId, _, signal) => cancelBatch(home, batchId, signal),
    },
    [Symbol.asyncDispose]: () => work[Symbol.asyncDispose](),
  };
}
