import { sideBySide } from '../../../../pipeline/shared/side-by-side.ts';
import { KEYS } from '../../../../records/records.ts';
import type { TransferRecord } from '../../../../transfer/record/record.ts';
import type { Marker, RecordsView } from '../../read-only.ts';
import type { RecordsSeen } from '../seen.ts';

/** So many records are read, the oldest first: a dollar reads two and a half million. */
const MOST = 2_000;
const SIDE_BY_SIDE = 16;

/** What markers tell of. @throws PieceworkError `HomeRefused`, `HomeUnavailable`. */
export async function readOpenRecords(records: RecordsView): Promise<RecordsSeen> {
  const transferMarkers = await all(records.markers('active/'));
  const batchMarkers = await all(records.markers('active-batches/'));
  const transfers = new Map<string, TransferRecord | 'unreadable' | undefined>();
  const ids = [...new Set(transferMarkers.map(({ id }) => id))];
  await sideBySide(ids.slice(0, MOST), SIDE_BY_SIDE, async (id) => {
    transfers.set(id, await records.read(KEYS.transfer(id)));
  });
  return { transferMarkers, batchMarkers, transfers, isComplete: ids.length <= MOST };
}

async function all(markers: AsyncGenerator<Marker>): Promise<readonly Marker[]> {
  const found: Marker[] = [];
  for await (const marker of markers) found.push(marker);
  return found;
}
