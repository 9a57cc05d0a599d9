import type { Context } from 'aws-lambda';
import { decodeTime } from 'ulid';
import type { ActiveTransfer } from '../../pipeline/shared/markers.ts';
import { activeTransfers, unmarkedSealed } from '../../pipeline/shared/markers.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import { reconcile } from '../../pipeline/upkeep/reconcile.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import { STUCK_METRIC } from '../names.ts';
import { signalOf } from './batches.ts';
import { tickBatches } from './tick-batches.ts';
import type { TickHome } from './tick-home.ts';

const SIDE_BY_SIDE = 16;

/** The schedule's tick: looks at all in which work remains, and counts what should have ended or does not move. */
export async function tickAll(home: TickHome, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<undefined> {
  const signal = signalOf(context);
  const transfers = activeTransfers(home.ports);
  const run = home.meter?.run({});
  let active = 0;
  let stuck = 0;
  const work = async () => {
    for (let next = await transfers.next(); next.done !== true && !signal.aborted; next = await transfers.next()) {
      active += 1;
      const { value } = next;
      const look = () => tickOne(home, value, signal);
      // The run itself is the deployment's; what is done for a transfer counts for it, once its record is written.
      if (!(await (run === undefined ? look() : run.work(value.transferId, 0, look)))) stuck += 1;
    }
  };
  await Promise.all([...Array.from({ length: SIDE_BY_SIDE }, work), tickBatches(home, signal)]);
  if (isSweep(home.ports.clock.now())) {
    for await (const forgotten of unmarkedSealed(home.ports)) await tickOne(home, forgotten, signal);
  }
  home.measure('ActiveTransfers', active);
  home.measure(STUCK_METRIC, stuck);
  home.flush();
  return undefined;
}

/** Once an hour: what it looks for is left by a crash at one moment in thousands. */
function isSweep(now: Instant): boolean {
  return Math.floor(now / 60_000) % 60 === 0;
}

/** False = it is stuck. */
async function tickOne(home: TickHome, active: ActiveTransfer, signal: AbortSignal): Promise<boolean> {
  try {
    await reconcile(home.ports, active, { now: false }, signal);
    const now = home.ports.clock.now();
    // A young one can't be late; its record needs no second look.
    if (now - decodeTime(active.transferId) < STUCK_MS) return true;
    return !isStuck((await loadTransfer(home.ports, active.transferId))?.record, now);
  } catch (error) {
    // What the end of this function cuts off goes on at the next tick.
    if (signal.aborted) return true;
    home.tickFailed({ transferId: active.transferId }, error);
    return false;
  }
}

const STUCK_MS = 3_600_000;

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
