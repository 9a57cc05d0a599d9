import { PieceworkError, toErrorRecord } from '../../errors/error.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import { advance } from '../advance/advance.ts';
import type { Ports } from '../shared/ports.ts';
import { loadTransfer } from '../shared/store.ts';
import { transferEnded, transferNotFound } from './transfer-errors.ts';

/**
 * Cancels a transfer: at once before `finalizing`; during it the completion may win (protocol §4).
 * Returns the record as it then is.
 * @param actedBy the principal that asks for it. @default not said
 * @throws PieceworkError `TransferNotFound`, `TransferEnded`.
 */
export async function cancel(
  ports: Ports,
  transferId: string,
  signal: AbortSignal,
  actedBy?: string,
): Promise<TransferRecord> {
  const loaded = await loadTransfer(ports, transferId);
  if (loaded === undefined) throw transferNotFound(transferId);
  if (isOver(loaded.record)) throw transferEnded(loaded.record);
  const reason = toErrorRecord(new PieceworkError('Cancelled', `transfer ${transferId} was cancelled`));
  await advance(ports, transferId, [{ kind: 'cancel', reason, ...stated({ actedBy }) }], signal);
  return (await loadTransfer(ports, transferId))?.record ?? loaded.record;
}
