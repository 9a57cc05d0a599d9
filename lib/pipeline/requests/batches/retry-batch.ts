import { PieceworkError } from '../../../errors/error.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver, isBatchTombstone, runOf } from '../../../transfer/batch/batch-record.ts';
import { nextRun } from '../../../transfer/batch/batch-transitions.ts';
import { missing } from '../../../transfer/batch/outcome.ts';
import { fromIso } from '../../../values/time.ts';
import { changeBatch, fleetOf, markBatchActive } from '../../shared/batches/fleet.ts';
import type { Ports } from '../../shared/ports.ts';
import { noteOpen, openBatch } from '../../shared/quotas/open.ts';
import { batchNotFound, batchRunning, nothingFailed } from './batch-errors.ts';
import { findBatch } from './load-batch.ts';

/**
 * Runs again what failed or was cancelled, and nothing else, as the batch's next run.
 * @param actedBy the principal that asks for it
 * @throws PieceworkError `BatchNotFound`; `BatchRunning`; `BatchEnded` when nothing of it failed; `SourceNeeded` when
 * its entries are not kept any more.
 */
export async function retryBatch(ports: Ports, batchId: string, actedBy: string | undefined): Promise<BatchRecord> {
  const { queues } = fleetOf(ports);
  const before = await findBatch(ports, batchId);
  checkRetry(ports, before);
  const run = runOf(before) + 1;
  await noteOpen(ports, before.owner ?? 'local', openBatch(batchId, run));
  await markBatchActive(ports, batchId, run);
  const stored = await changeBatch(ports, batchId, (there) => {
    checkRetry(ports, there);
    return runOf(there) === run - 1 ? nextRun(there, actedBy, ports.clock.now()) : undefined;
  });
  if (stored === undefined || runOf(stored) !== run)
    throw new PieceworkError('Conflict', `batch ${batchId} was changed by another process at the same moment`);
  await queues.planner.send([{ body: { kind: 'plan-batch', v: 1, batchId } }]);
  await ports.events.emit({
    type: 'batch.accepted',
    batchId,
    run,
    list: stored.list.from,
    destination: stored.destination,
  });
  return stored;
}

function checkRetry({ clock }: Ports, batch: BatchRecord): void {
  // A tombstone does not know what was asked for: only a repeated submit can go on with it.
  if (isBatchTombstone(batch)) throw batchNotFound(batch.id);
  if (!isBatchOver(batch)) throw batchRunning(batch.id);
  const { counters, heldUntil, list } = batch;
  if (counters !== undefined && missing(counters) === 0) throw nothingFailed(batch);
  if (list.shards > 0 && heldUntil !== undefined && fromIso(heldUntil) > clock.now()) return;
  throw new PieceworkError(
    'SourceNeeded',
    `the entries of batch ${batch.id} are not kept any more${heldUntil === undefined ? '' : ` (they were until ${heldUntil})`}: submit its list again, and what is there already is not fetched again`,
  );
}
