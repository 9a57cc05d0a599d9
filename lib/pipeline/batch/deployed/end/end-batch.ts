import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../../../transfer/batch/batch-record.ts';
import { endedOnAws } from '../../../../transfer/batch/batch-transitions.ts';
import { missing } from '../../../../transfer/batch/outcome.ts';
import { changeBatch, fleetOf } from '../../../shared/batches/fleet.ts';
import type { Ports } from '../../../shared/ports.ts';

/** So long what failed can be run again. */
const HOLD_MS = 24 * 3_600_000;

/** The record says that the batch is over; the finalizer announces it, and cleans up. */
export async function endBatch(
  ports: Ports,
  batch: BatchRecord,
  how: Pick<BatchRecord, 'reason' | 'report' | 'counters' | 'failures'>,
): Promise<void> {
  const { id, list } = batch;
  const holdMs = list.readingId !== undefined && missing(how.counters) > 0 ? HOLD_MS : 0;
  await changeBatch(ports, id, (there) =>
    isBatchOver(there) || runOf(there) !== runOf(batch) ? undefined : endedOnAws(there, how, holdMs, ports.clock.now()),
  );
  await fleetOf(ports).queues.finalizer.send([{ body: { kind: 'batch-tick', v: 1, batchId: id } }]);
}
