import { viewInFlight, viewRanges, viewTrouble } from '../../api/answers/pieces.ts';
import { viewTransfer } from '../../api/answers/view.ts';
import type { Live } from '../../api/live.ts';
import type { PiecesEvent } from '../../api/schemas/events.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import { hasPiece } from '../../transfer/plan/piece-set.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isTombstone } from '../../transfer/record/record.ts';
import type { Home } from '../home/home.ts';
import type { LocalService } from '../service/service.ts';
import type { FeedViews } from './feed.ts';

/** Records that are kept, so that the progress of a transfer is sent without reading it each time. */
const MOST_KEPT = 1_000;

export interface KeptViews extends FeedViews {
  /** Its record is another one: it is read again. */
  changed(transferId: string): void;
}

/** What is sent of this home's transfers. */
export function feedViews(home: Home, live: Live, { machine }: Pick<LocalService, 'machine'>): KeptViews {
  const kept = new Map<string, TransferRecord>();

  async function recordOf(transferId: string): Promise<TransferRecord | undefined> {
    const known = kept.get(transferId);
    if (known !== undefined) return known;
    const record = (await loadTransfer({ records: home.records }, transferId))?.record;
    if (record === undefined || isTombstone(record)) return undefined;
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(transferId, record);
    return record;
  }

  return {
    changed: (transferId) => void kept.delete(transferId),

    async transfer(transferId) {
      const record = await recordOf(transferId);
      return record === undefined ? undefined : { ...viewTransfer(record, '', live), ...machine.standingOf(record) };
    },

    async pieces(transferId): Promise<PiecesEvent | undefined> {
      const running = live.of(transferId);
      const record = running === undefined ? undefined : await recordOf(transferId);
      if (running === undefined || record === undefined) return undefined;
      return {
        id: transferId,
        doneRanges: viewRanges(running.doneRanges),
        inFlight: viewInFlight(running.inFlight),
        ...viewTrouble(record, (pieceNumber) => hasPiece(running.doneRanges, pieceNumber)),
        bytesPerSecond: Math.round(running.bytesPerSecond),
      };
    },
  };
}
