import { decodeTime } from 'ulid';
import type { ActiveTransfer } from '../../pipeline/shared/markers.ts';
import { reconcile } from '../../pipeline/upkeep/reconcile.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import type { TickHome } from './home.ts';
import { keptHosts } from './kept-hosts.ts';

const SIDE_BY_SIDE = 32;
const STUCK_MS = 3_600_000;

/** Looks at each of them, and counts those that should have ended or do not move. */
export async function lookAtAll(
  home: TickHome,
  transfers: Iterator<ActiveTransfer> | AsyncIterator<ActiveTransfer>,
  signal: AbortSignal,
): Promise<{ readonly seen: number; readonly stuck: number }> {
  // What a host bears is the same for all of them, and most only wait for it.
  const kept = { ...home, ports: { ...home.ports, records: keptHosts(home.ports.records, home.ports.clock) } };
  const run = home.meter?.run({});
  let seen = 0;
  let stuck = 0;
  const work = async () => {
    for (let next = await transfers.next(); next.done !== true && !signal.aborted; next = await transfers.next()) {
      seen += 1;
      const { value } = next;
      const look = () => lookAt(kept, value, signal);
      // The run itself is the deployment's; what is done for a transfer counts for it, once its record is written.
      if (!(await (run === undefined ? look() : run.work(value.transferId, 0, look)))) stuck += 1;
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return { seen, stuck };
}

/** False = it is stuck. */
async function lookAt(home: TickHome, active: ActiveTransfer, signal: AbortSignal): Promise<boolean> {
  try {
    const record = await reconcile(home.ports, active, { now: false }, signal);
    const now = home.ports.clock.now();
    return now - decodeTime(active.transferId) < STUCK_MS || !isStuck(record, now);
  } catch (error) {
    // What the end of this function cuts off goes on at the next tick.
    if (signal.aborted) return true;
    home.tickFailed({ transferId: active.transferId }, error);
    return false;
  }
}

/**
 * Long after its deadline, or after its hold, work should not remain; nor should a marker
 * stand for hours without a record.
 */
export function isStuck(record: TransferRecord | undefined, now: Instant): boolean {
  if (record === undefined) return false;
  if (!isOver(record)) return now - fromIso(record.deadlineAt) > STUCK_MS;
  const until = Math.max(
    fromIso(record.endedAt ?? record.deadlineAt),
    record.heldUntil === undefined ? 0 : fromIso(record.heldUntil),
  );
  return now - until > 2 * STUCK_MS;
}
