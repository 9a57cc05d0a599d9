import type { LocalBatch, LocalBatchStatus } from '../../../lib/index.ts';
import type { BatchRecord } from '../../../lib/transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../../lib/transfer/batch/batch-record.ts';
import { missing } from '../../../lib/transfer/batch/outcome.ts';
import { printable } from '../../../lib/values/text/printable.ts';
import { formatBytes } from '../../../lib/values/units.ts';
import { count, facts } from '../text.ts';
import type { TransferRow } from '../transfer-table.ts';
import { failureLines, outcomeKinds } from './summary.ts';

/* Batches of this machine, for people and for programs. */

/** What a person calls its state: an open batch that no process works on was interrupted, unless it is paused. */
function stateOf({ record, isRunning, isPaused }: LocalBatch): string {
  if (isBatchOver(record)) return record.status;
  if (isPaused === true) return 'paused';
  if (!isRunning) return 'interrupted';
  return record.ending === undefined ? record.status : 'ending';
}

/** What `cancel` says of one, of this machine or of a deployment. */
export function batchLine({ id, status, ending }: Pick<BatchRecord, 'id' | 'status'> & { ending?: unknown }): string {
  return `${id} ${status}${ending === undefined ? '' : ', about to be cancelled'}`;
}

/** In the table of transfers. */
export function batchRow(batch: LocalBatch): TransferRow {
  const { id, list, counters, createdAt, destination } = batch.record;
  const left = missing(counters);
  const entries = left === 0 ? count(list.entries, 'entry', 'entries') : `${left} of ${list.entries} missing`;
  return {
    id,
    state: `${stateOf(batch)} (batch, ${entries})`,
    sizeBytes: counters?.bytes,
    createdAt,
    source: printable(list.from),
    destination: printable(destination),
  };
}

export function batchStatusLines(batch: LocalBatchStatus): readonly string[] {
  const { record, counters, failures, openTransfers, needsList = false } = batch;
  const { id, list, destination, reason, ending, createdAt, updatedAt, report } = record;
  const run = runOf(record);
  const lines = facts([
    ['batch', id],
    ['state', `${stateOf(batch)}${run > 1 ? ` (run ${run})` : ''}`],
    ['paused', batch.isPaused === true ? `piecework resume ${id} goes on with it` : undefined],
    [
      'list',
      `${list.from}, ${count(list.entries, 'entry', 'entries')}${list.format === '' ? '' : ` (${list.format})`}`,
    ],
    ['destination', destination],
    ['entries', outcomeKinds(list.entries, counters)],
    ['brought', formatBytes(counters.bytes)],
    ['began', createdAt],
    [isBatchOver(record) ? 'ended' : 'written', updatedAt],
    ['reason', reasonText(reason ?? ending?.reason)],
    ['report', report],
    ...openTransfers.map((transfer) => ['large', `transfer ${transfer}`] as const),
  ]);
  const again = isBatchOver(record) && missing(counters) > 0;
  const same = 'the same piecework batch again';
  const command = needsList ? `${same}, since its list is not stored as a whole` : `piecework retry ${id}`;
  const goOn = needsList ? command : `${command}, or ${same}`;
  return [
    ...lines,
    ...failureLines(failures),
    ...(again ? [`to try again what failed: ${command}`] : []),
    ...(stateOf(batch) === 'interrupted' ? [`to go on with it: ${goOn}`] : []),
  ].map(printable);
}

function reasonText(reason: { readonly code: string; readonly message: string } | undefined): string | undefined {
  return reason === undefined ? undefined : `${reason.message} (${reason.code})`;
}

/** For a program: the record, and what of it is counted. */
export function batchJson({ record, isRunning, ...view }: LocalBatch & Partial<LocalBatchStatus>): object {
  return { ...record, isRunning, ...view };
}
