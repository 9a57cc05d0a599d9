import { decodeTime } from 'ulid';
import type { ActiveBatch } from '../../pipeline/batch/deployed/advance/reconcile-batch.ts';
import { activeBatches, reconcileBatch } from '../../pipeline/batch/deployed/advance/reconcile-batch.ts';
import { loadBatch } from '../../pipeline/requests/batches/load-batch.ts';
import { KEYS } from '../../records/records.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../transfer/batch/batch-record.ts';
import type { Board } from '../../transfer/batch/fleet/board.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import { STUCK_BATCHES_METRIC } from '../names.ts';
import type { TickHome } from './home.ts';

const SIDE_BY_SIDE = 8;
const STUCK_MS = 3_600_000;

/** Looks at every batch in which work remains, and counts those that do not move. */
export async function tickBatches(home: TickHome, signal: AbortSignal): Promise<void> {
  const batches = activeBatches(home.ports);
  let active = 0;
  let stuck = 0;
  const work = async () => {
    for (let next = await batches.next(); next.done !== true && !signal.aborted; next = await batches.next()) {
      active += 1;
      if (!(await tickOne(home, next.value, signal))) stuck += 1;
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  home.measure('ActiveBatches', active);
  home.measure(STUCK_BATCHES_METRIC, stuck);
}

/** False = it is stuck. */
async function tickOne(home: TickHome, active: ActiveBatch, signal: AbortSignal): Promise<boolean> {
  const { batchId } = active;
  try {
    await reconcileBatch(home.ports, active, signal);
    const now = home.ports.clock.now();
    if (now - decodeTime(batchId) < STUCK_MS) return true;
    const { records } = home.ports;
    const [batch, board] = await Promise.all([loadBatch(home.ports, batchId), records.get(KEYS.board(batchId))]);
    return !isBatchStuck(batch, board?.value, now);
  } catch (error) {
    // What the end of this function cuts off goes on at the next tick.
    if (signal.aborted) return true;
    home.tickFailed({ batchId }, error);
    return false;
  }
}

/** No shard has come nearer to its end for an hour; or it is over, and work remains long after its hold. */
export function isBatchStuck(batch: BatchRecord | undefined, board: Board | undefined, now: Instant): boolean {
  if (batch === undefined) return false;
  const { updatedAt, heldUntil } = batch;
  if (isBatchOver(batch)) return now - fromIso(heldUntil ?? updatedAt) > 2 * STUCK_MS;
  return now - Math.max(fromIso(updatedAt), board === undefined ? 0 : fromIso(board.movedAt)) > STUCK_MS;
}
