import { PieceworkError, toErrorRecord } from '../../../errors/error.ts';
import { batchEnded } from '../../../pipeline/requests/batches/batch-errors.ts';
import { countOutcomes } from '../../../pipeline/requests/batches/batch-view.ts';
import { findBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import { onConflictAgain } from '../../../pipeline/shared/store.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../../transfer/batch/batch-record.ts';
import { asEnding } from '../../../transfer/batch/batch-transitions.ts';
import type { Home } from '../../home/home.ts';
import { batchFolder } from '../batch-folder.ts';
import { batchStore } from '../batch-store.ts';
import { endBatch } from '../run/end-batch.ts';
import { isWorkedOn } from './look.ts';
import { storedShards } from './stored-shards.ts';

/**
 * Ends a batch: what has no outcome is cancelled, and the report is written. Where it is being worked on, the process
 * that does sees it in the record within a second, and does all that.
 * @returns the batch as it then is
 * @throws PieceworkError `BatchNotFound`, `BatchEnded`.
 */
export async function cancelBatch(home: Home, batchId: string, signal: AbortSignal): Promise<BatchRecord> {
  const record = await findBatch(home, batchId);
  if (isBatchOver(record)) throw batchEnded(record);
  const reason = new PieceworkError('Cancelled', `batch ${batchId} was cancelled`);
  if (await isWorkedOn(home, record)) return await askToEnd(home, batchId, reason);
  const folder = batchFolder(home.destinations, record.destination);
  const store = batchStore(home, folder);
  await using _lock = await store.lock();
  const batch = await findBatch(home, batchId);
  if (isBatchOver(batch)) throw batchEnded(batch);
  const shards = (await storedShards(home.records, batch)).map(({ index }) => index);
  const sums = () => countOutcomes(home, batchId);
  const { ended } = await endBatch(home, { batch, folder, store, shards }, { reason, sums }, signal);
  return ended;
}

async function askToEnd(home: Home, batchId: string, reason: PieceworkError): Promise<BatchRecord> {
  return await onConflictAgain(async () => {
    const found = await home.records.get(KEYS.batch(batchId));
    if (found === undefined) return await findBatch(home, batchId);
    if (isBatchOver(found.value)) throw batchEnded(found.value);
    const next = asEnding(found.value, { reason: toErrorRecord(reason) }, home.clock.now());
    await home.records.put(KEYS.batch(batchId), next, found.version);
    return next;
  });
}
