import { PieceworkError } from '../../../errors/error.ts';
import { activeTransfers } from '../../../pipeline/shared/markers.ts';
import { ourObject } from '../../../pipeline/shared/object/our-object.ts';
import { loadTransfer } from '../../../pipeline/shared/store.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { isOver } from '../../../transfer/record/record.ts';
import type { Home } from '../../home/home.ts';
import { cleanOne } from '../../requests/clean.ts';
import { isRunning } from '../../requests/find.ts';

/**
 * Cleans up after transfers of a batch that a killed run brought to their object and no further: their entries are
 * known by what is there, so that nothing else comes by them again. What can be gone on with stays.
 */
export async function settleLeft(home: Home, batchId: string, signal: AbortSignal): Promise<void> {
  for await (const { transferId } of activeTransfers(home)) {
    try {
      const record = (await loadTransfer({ records: home.records }, transferId))?.record;
      if (record?.batch?.id !== batchId || (await isRunning(home, record))) continue;
      if (await isThrough(home, record, signal)) await cleanOne(home, record, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      // Its marker stands: `clean` tries again, and says why it can't.
      if (!(thrown instanceof PieceworkError)) throw thrown;
    }
  }
}

async function isThrough(home: Home, record: TransferRecord, signal: AbortSignal): Promise<boolean> {
  if (isOver(record)) return record.status === 'completed' || record.upload === undefined;
  if (record.status !== 'finalizing') return false;
  await using run = await home.engine.open({ kind: record.request.destination.kind });
  return (await ourObject(run.ports, record, signal)) !== undefined;
}
