import type { PieceworkEvent } from '../../transfer/progress/events.ts';
import type { BatchEventDetail, TransferEventDetail } from './schema.ts';

/* Beside the schemas, which no function needs when it runs. */

export const BATCH_DETAIL_TYPES = {
  accepted: 'Batch Accepted',
  completed: 'Batch Completed',
  failed: 'Batch Failed',
  cancelled: 'Batch Cancelled',
} as const satisfies Readonly<Record<BatchEventDetail['status'], string>>;

export const DETAIL_TYPES = {
  accepted: 'Transfer Accepted',
  retried: 'Transfer Retried',
  planned: 'Transfer Planned',
  completed: 'Transfer Completed',
  failed: 'Transfer Failed',
  cancelled: 'Transfer Cancelled',
} as const satisfies Readonly<Record<TransferEventDetail['status'], string>>;

const SENT: ReadonlySet<PieceworkEvent['type']> = new Set([
  ...(Object.keys(DETAIL_TYPES) as (keyof typeof DETAIL_TYPES)[]),
  ...(Object.keys(BATCH_DETAIL_TYPES) as (keyof typeof BATCH_DETAIL_TYPES)[]).map((type) => `batch.${type}` as const),
]);

/** What goes to a bus: the life of transfers and batches, and never a piece. */
export function isForTheBus({ type }: PieceworkEvent): boolean {
  return SENT.has(type);
}
