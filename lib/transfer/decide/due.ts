import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import { isOver } from '../record/record.ts';
import type { Open, Over, Transfer } from '../record/states.ts';
import { isInPieces, isLeaving } from '../record/states.ts';

/**
 * Whether a tick could change anything, by the record alone. Most transfers of a busy deployment need nothing at most
 * ticks: they cost the read of their record, and no look at the host, the ledger or the destination.
 * What this leaves for later waits for the quiet time at most, as what is sent again does (rule 7).
 */
export function isDue(record: Transfer, now: Instant): boolean {
  return isOver(record) ? isEndDue(record, now) : isOpenDue(record, now);
}

/** All is done but the hold of a failed transfer's upload, or something is left to do. */
function isEndDue({ announced, stagedObject, toAbort, creating, upload, heldUntil }: Over, now: Instant): boolean {
  const isHeld = upload !== undefined && heldUntil !== undefined && fromIso(heldUntil) > now;
  return !isHeld || !announced || stagedObject === true || toAbort.length > 0 || creating.length > 0;
}

function isOpenDue(record: Open, now: Instant): boolean {
  if (now >= fromIso(record.quietUntil) || now >= fromIso(record.deadlineAt)) return true;
  // Left by an earlier plan. The own plan's intent is a planner's that is at work, or is looked after when it is quiet.
  if (record.toAbort.length > 0 || record.creating.some(({ planId }) => planId !== record.planId)) return true;
  if (record.status === 'finalizing') return isLeaving(record);
  // Its share of the host's connections is a lease, which a look renews; and it may wait for one.
  return record.status === 'transferring' && isInPieces(record);
}
