import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { formatBytes } from '../../values/units.ts';
import type { TimelineEntry } from '../live.ts';
import { MOST_ENTRIES } from '../live.ts';
import type { TransferDetail } from '../schemas/transfer.ts';

/**
 * What happened to a transfer, the oldest first. What the home remembers is its own; begin and end, and why it waits,
 * follow from the record.
 */
export function viewTimeline(
  record: TransferRecord,
  remembered: readonly TimelineEntry[],
): NonNullable<TransferDetail['timeline']> {
  const begin: TimelineEntry = { at: record.createdAt, kind: 'submitted', text: 'submitted' };
  const hasBegin = remembered.some(({ kind }) => kind === 'submitted');
  const hasEnd = remembered.some(({ kind }) => kind === record.status);
  const waits = remembered.length > 0 ? [] : waitsOf(record);
  const all = [...(hasBegin ? [] : [begin]), ...remembered, ...waits, ...(hasEnd ? [] : endOf(record))];
  return all.slice(-MOST_ENTRIES).map((entry) => ({ ...entry }));
}

function waitsOf({ waiting, silentSince, status }: TransferRecord): readonly TimelineEntry[] {
  const isOpen = status === 'planning' || status === 'transferring';
  return [
    ...(waiting === undefined || !isOpen
      ? []
      : [{ at: waiting.since, kind: 'waiting', text: waiting.reason.message, code: waiting.reason.code } as const]),
    ...(silentSince === undefined || !isOpen
      ? []
      : [{ at: silentSince, kind: 'patience', text: 'the source gives nothing, and is waited for' } as const]),
  ];
}

function endOf(record: TransferRecord): readonly TimelineEntry[] {
  const { status, endedAt, result, reason } = record;
  if (!isOver(record) || endedAt === undefined) return [];
  const done = result === undefined ? 'completed' : `completed: ${formatBytes(result.sizeBytes)}`;
  if (status === 'completed') return [{ at: endedAt, kind: 'completed', text: done }];
  const kind = status === 'cancelled' ? 'cancelled' : 'failed';
  return [{ at: endedAt, kind, text: reason?.message ?? kind, ...(reason === undefined ? {} : { code: reason.code }) }];
}
