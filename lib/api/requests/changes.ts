import { cancelBatch } from '../../pipeline/requests/batches/cancel-batch.ts';
import { retryBatch } from '../../pipeline/requests/batches/retry-batch.ts';
import { submitBatch } from '../../pipeline/requests/batches/submit-batch.ts';
import { cancel } from '../../pipeline/requests/cancel.ts';
import { retry } from '../../pipeline/requests/retry.ts';
import { submit } from '../../pipeline/requests/submit.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { ApiRequests } from '../deps.ts';

/** What a request changes, by the use cases on these ports. */
export function changesOn(ports: Ports): ApiRequests {
  return {
    submit: (submission, _preferred, onRepeated) => submit(ports, submission, onRepeated),
    cancel: (transferId, actedBy, signal) => cancel(ports, transferId, signal, actedBy),
    retry: (transferId, source, actedBy) => retry(ports, transferId, source, { actedBy }),
    submitBatch: (submission, onRepeated) => submitBatch(ports, submission, onRepeated),
    cancelBatch: (batchId, actedBy, signal) => cancelBatch(ports, batchId, actedBy, signal),
    retryBatch: (batchId, actedBy) => retryBatch(ports, batchId, actedBy),
  };
}
