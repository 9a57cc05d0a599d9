import { PieceworkError, toErrorRecord } from '../../../errors/error.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../../transfer/batch/batch-record.ts';
import { asEnding } from '../../../transfer/batch/batch-transitions.ts';
import { stated } from '../../../values/stated.ts';
import { changeBatch, fleetOf } from '../../shared/batches/fleet.ts';
import type { Ports } from '../../shared/ports.ts';
import { batchEnded, batchNotFound } from './batch-errors.ts';

/**
 * Ends a batch early: nothing more is begun, its open transfers are cancelled, and what has no outcome becomes
 * `cancelled`. What is at the destination stays. It has ended when its status says so.
 * @param actedBy the principal that asks for it
 * @throws PieceworkError `BatchNotFound`, `BatchEnded`.
 */
export async function cancelBatch(
  ports: Ports,
  batchId: string,
  actedBy: string | undefined,
  signal: AbortSignal,
): Promise<BatchRecord> {
  signal.throwIfAborted();
  const { queues } = fleetOf(ports);
  const reason = toErrorRecord(new PieceworkError('Cancelled', `batch ${batchId} was cancelled`));
  const stored = await changeBatch(ports, batchId, (there) =>
    isBatchOver(there) || there.ending !== undefined
      ? undefined
      : asEnding(there, { reason, ...stated({ actedBy }) }, ports.clock.now()),
  );
  if (stored === undefined) throw batchNotFound(batchId);
  if (isBatchOver(stored)) throw batchEnded(stored);
  await queues.finalizer.send([{ body: { kind: 'batch-tick', v: 1, batchId } }]);
  return stored;
}
