import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import { transferStatus } from '../../pipeline/requests/query.ts';
import { transferNotFound } from '../../pipeline/requests/transfer-errors.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver, isTombstone } from '../../transfer/record/record.ts';
import type { Sees } from '../ownership.ts';
import type { Look } from './view.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * The record, and its pieces where the ledger can be read: a store that is out of reach hides
 * the pieces and not the transfer.
 */
export async function look(ports: Ports, transferId: string, sees: Sees, signal: AbortSignal): Promise<Look> {
  const record = await find(ports, transferId, sees);
  try {
    return await transferStatus(ports, transferId, signal, 'recent');
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof PieceworkError)) throw thrown;
    return { record, unavailable: asPieceworkError(thrown) };
  }
}

/**
 * Waits until the transfer has ended or its record was written. Reads the record only: one small request a
 * second, however many pieces there are.
 */
export async function waitForChange(
  ports: Ports,
  transferId: string,
  waitMs: number,
  sees: Sees,
  signal: AbortSignal,
): Promise<void> {
  const until = ports.clock.now() + waitMs;
  const first = await find(ports, transferId, sees);
  for (let record = first; !isOver(record) && record.rev === first.rev; record = await find(ports, transferId, sees)) {
    const leftMs = until - ports.clock.now();
    if (leftMs <= 0) return;
    await ports.clock.sleep(Math.min(LOOK_EVERY_MS, leftMs), signal);
  }
}

/**
 * What stands in for a submit that was cut off is no transfer to a caller, and neither is what it may not see.
 * @throws PieceworkError `TransferNotFound`.
 */
async function find(ports: Pick<Ports, 'records'>, transferId: string, sees: Sees): Promise<TransferRecord> {
  const record = (await loadTransfer(ports, transferId))?.record;
  if (record === undefined || isTombstone(record) || !sees(record)) throw transferNotFound(transferId);
  return record;
}
