import type { ApiRequests } from '../../api/deps.ts';
import { retryBatch } from '../../pipeline/requests/batches/retry-batch.ts';
import { submitBatch } from '../../pipeline/requests/batches/submit-batch.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { cancelBatch } from '../batch/requests/cancel.ts';
import type { Home } from '../home/home.ts';
import { cancel } from '../requests/cancel.ts';
import { background } from './background.ts';
import { lookingPorts } from './looking-ports.ts';
import { retryInBackground } from './retry.ts';
import { submitter } from './submit.ts';

/**
 * What `createApi` needs to serve this home: its transfers run on the home's engine beside those of `copy`, and take
 * the same locks, so that a place that another process or another call works on is refused (`DestinationLocked`).
 */
export interface LocalService extends AsyncDisposable {
  /** For looking only. */
  readonly ports: Ports;
  readonly requests: ApiRequests;
  /** Aborted when it is disposed of: long polls end. */
  readonly signal: AbortSignal;
  // Disposing stops the transfers that it started, as a signal does. The next `retry`, or a `copy` to the same place,
  // goes on with them.
}

export async function serve(home: Home): Promise<LocalService> {
  const work = background(home);
  const ports = await lookingPorts(home);
  return {
    ports,
    signal: work.signal,
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
