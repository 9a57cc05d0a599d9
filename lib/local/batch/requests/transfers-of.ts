import { asPieceworkError } from '../../../errors/error.ts';
import { listTransfers } from '../../../pipeline/requests/query.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { isOver } from '../../../transfer/record/record.ts';
import type { Home } from '../../home/home.ts';
import { cancel } from '../../requests/cancel.ts';

/** The transfers that large entries of a batch are, and that have not ended. */
export async function openTransfersOf(
  home: Pick<Home, 'records'>,
  batchId: string,
): Promise<readonly TransferRecord[]> {
  const where = (record: TransferRecord) => record.batch?.id === batchId && !isOver(record);
  return await listTransfers({ records: home.records }, { where });
}

/** Ends them, and deletes what they have brought. What can't be ended now is warned of: `clean` tries again. */
export async function cancelTransfersOf(home: Home, batchId: string, signal: AbortSignal): Promise<void> {
  for (const { id } of await openTransfersOf(home, batchId)) {
    try {
      await cancel(home, id, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const { message } = asPieceworkError(thrown);
      await home.events.emit({
        type: 'warning',
        message: `transfer ${id} of the batch could not be cancelled (${message}); \`piecework clean\` tries again`,
      });
    }
  }
}
