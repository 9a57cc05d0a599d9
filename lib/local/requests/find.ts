import { transferNotFound } from '../../pipeline/requests/transfer-errors.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isSettled } from '../../transfer/record/record.ts';
import type { Home } from '../home/home.ts';

/** @throws PieceworkError `TransferNotFound`. */
export async function find(home: Home, transferId: string): Promise<TransferRecord> {
  const loaded = await loadTransfer({ records: home.records }, transferId);
  if (loaded === undefined) throw transferNotFound(transferId);
  return loaded.record;
}

export async function isRunning(home: Home, record: TransferRecord): Promise<boolean> {
  return !isSettled(record) && (await home.locks.isHeld(record.request.destination));
}
