import { PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { cancel as cancelTransfer } from '../../pipeline/requests/cancel.ts';
import { transferEnded } from '../../pipeline/requests/transfer-errors.ts';
import { updateTransfer } from '../../pipeline/shared/store.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { cancelled } from '../../transfer/record/transitions.ts';
import type { Home } from '../home/home.ts';
import { find, isRunning } from './find.ts';

/**
 * Cancels here, or, where it is being worked on, in the record: the process that works on it sees that
 * within a second and cleans up.
 */
export async function cancel(home: Home, transferId: string, signal: AbortSignal): Promise<TransferRecord> {
  const record = await find(home, transferId);
  if (isOver(record)) throw transferEnded(record);
  if (await isRunning(home, record)) {
    const reason = toErrorRecord(new PieceworkError('Cancelled', `transfer ${transferId} was cancelled`));
    const stored = await updateTransfer(home, transferId, (current) =>
      isOver(current) || current.status === 'finalizing' ? undefined : cancelled(current, reason, home.clock.now()),
    );
    return stored?.record ?? record;
  }
  await using _lock = await home.locks.acquire(record.request.destination);
  await using run = await home.engine.open({ kind: record.request.destination.kind });
  return await cancelTransfer(run.ports, transferId, signal);
}
