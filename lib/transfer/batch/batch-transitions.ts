import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import type { BatchRecord } from './batch-record.ts';

/** Begins, or goes on with what has failed or was cancelled: the earlier end does not count any more. */
export function begun({ reason: _, report: __, ...batch }: BatchRecord, now: Instant): BatchRecord {
  return { ...batch, status: 'running', updatedAt: toIso(now) };
}

/** Each entry has its outcome. @param reason why it ended before its end; absent = it did not */
export function ended(
  batch: BatchRecord,
  how: { readonly reason?: ErrorRecord; readonly report?: string },
  now: Instant,
): BatchRecord {
  const status = how.reason === undefined ? 'completed' : how.reason.code === 'Cancelled' ? 'cancelled' : 'failed';
  return { ...batch, ...how, status, updatedAt: toIso(now) };
}
