import type { Batch, BatchDetail } from '../../lib/api/schemas/batches/answers.ts';
import { missing, total } from '../../lib/transfer/batch/outcome.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { formatBytes, formatDuration } from '../../lib/values/units.ts';
import { failureLines, outcomeKinds } from '../output/batch/summary.ts';
import { count, facts } from '../output/text.ts';
import type { TransferRow } from '../output/transfer-table.ts';
import { hasEnded } from './watch/watching.ts';

/* A deployment's batches for people: the same words as for those of this machine. */

export function remoteBatchRow({
  id,
  status,
  paused,
  ending,
  list,
  counters,
  createdAt,
  destination,
}: Batch): TransferRow {
  const left = missing(counters);
  const all = list.entries === undefined ? 'list not read yet' : count(list.entries, 'entry', 'entries');
  return {
    id,
    state: `${ending !== undefined ? 'ending' : paused === true ? 'paused' : status} (batch, ${left === 0 ? all : `${left} of ${list.entries} missing`})`,
    sizeBytes: counters?.bytes,
    createdAt,
    source: printable(list.from),
    destination: printable(destination),
  };
}

export function remoteBatchLines(batch: BatchDetail): readonly string[] {
  const { id, status, run, owner, actedBy, list, destination, counters, hosts, openLarge, heldUntil } = batch;
  const isOver = hasEnded(batch);
  const reason = batch.reason ?? batch.ending;
  const lines = facts([
    ['batch', id],
    ['state', `${status}${batch.ending === undefined ? '' : ' (about to end)'}${run > 1 ? ` (run ${run})` : ''}`],
    ['paused', batch.paused === true ? `piecework resume ${id} goes on with it` : undefined],
    ['owner', owner],
    ['acted by', actedBy],
    ['list', `${list.from}${list.entries === undefined ? '' : `, ${count(list.entries, 'entry', 'entries')}`}`],
    ...(list.notes ?? []).map((note) => ['noted', note] as const),
    ['destination', destination],
    ['entries', list.entries === undefined ? undefined : outcomeKinds(list.entries, counters)],
    ['brought', formatBytes(counters.bytes)],
    ['progress', isOver ? undefined : batchProgressText(batch)],
    ...hosts.map((one) => ['host', hostText(one)] as const),
    ['large', openLarge === 0 ? undefined : `${count(openLarge, 'entry', 'entries')} under way as transfers`],
    ['began', batch.createdAt],
    ['ended', batch.endedAt],
    ['reason', reason === undefined ? undefined : `${reason.message} (${reason.code})`],
    ['report', batch.report],
    ['kept until', isOver ? heldUntil : undefined],
  ]);
  // What a machine keeps has no such end.
  const again = isOver && missing(counters) > 0 && (heldUntil !== undefined || owner === 'local');
  return [
    ...lines,
    ...failureLines(batch.failures),
    ...(again ? [`to try again what failed: piecework retry ${id}`] : []),
  ].map(printable);
}

function hostText({ host, waitingShards, inFlightShards, places, closedUntil }: BatchDetail['hosts'][number]): string {
  const closed = closedUntil === undefined ? '' : `, asks for patience until ${closedUntil}`;
  return `${host === '' ? 'several' : host}: ${count(inFlightShards, 'shard')} in flight, ${waitingShards} waiting, ${count(places, 'place')}${closed}`;
}

export function batchProgressText({ list, counters, progress }: BatchDetail): string {
  const { percent, entriesPerSecond, bytesPerSecond, remainingSeconds } = progress;
  if (list.entries === undefined) return 'its list is being read';
  return [
    `${total(counters)} of ${list.entries} entries${percent === undefined ? '' : ` (${percent}%)`}`,
    ...(counters.failed === 0 ? [] : [`${counters.failed} failed`]),
    formatBytes(counters.bytes),
    ...(entriesPerSecond === undefined ? [] : [`${entriesPerSecond.toFixed(1)}/s`]),
    ...(bytesPerSecond === undefined ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(remainingSeconds === undefined ? [] : [`${formatDuration(remainingSeconds * 1000)} left`]),
  ].join(', ');
}
