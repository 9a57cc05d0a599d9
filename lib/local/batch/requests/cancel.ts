import { PieceworkError, toErrorRecord } from '../../../errors/error.ts';
import { batchEnded, batchNotFound } from '../../../pipeline/requests/batches/batch-errors.ts';
import { findBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../../transfer/batch/batch-record.ts';
import { asEnding } from '../../../transfer/batch/batch-transitions.ts';
import type { Home } from '../../home/home.ts';
import { batchFolder } from '../batch-folder.ts';
import { batchStore } from '../batch-store.ts';
import { changeRecord } from '../change-record.ts';
import { endBatch } from '../run/end-batch.ts';
import { discardLeftPuts } from '../run/left-puts.ts';
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
  await discardLeftPuts(home, batch, signal);
  const shards = (await storedShards(home.records, batch)).map(({ index }) => index);
  return (await endBatch(home, { batch, folder, store, shards }, reason, signal)).record;
}

async function askToEnd(home: Home, batchId: string, reason: PieceworkError): Promise<BatchRecord> {
  return await changeRecord(home.records, KEYS.batch(batchId), (there) => {
    if (there === undefined) throw batchNotFound(batchId);
    if (isBatchOver(there)) throw batchEnded(there);
    return asEnding(there, { reason: toErrorRecord(reason) }, home.clock.now());
  });
}
