import type { ApiClient } from '../../lib/api/client/client.ts';
import type { Batch, BatchDetail } from '../../lib/api/schemas/batches/answers.ts';
import { fromErrorRecord, PieceworkError } from '../../lib/errors/error.ts';
import { total } from '../../lib/transfer/batch/outcome.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { formatBytes, formatDuration } from '../../lib/values/units.ts';
import { failureLines, outcomeKinds } from '../output/batch/summary.ts';
import { writeLine } from '../output/lines.ts';
import { isTerminal } from '../output/paint.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { LiveArea } from '../output/reporters/live-area.ts';
import { count, facts } from '../output/text.ts';
import type { TransferRow } from '../output/transfer-table.ts';
import type { VerbCall } from '../verb.ts';

/* A deployment's batches for people: the same words as for those of this machine. */

const LOOK_SECONDS = 2;

export function remoteBatchRow({ id, status, ending, list, counters, createdAt, destination }: Batch): TransferRow {
  const missing = counters === undefined ? 0 : counters.failed + counters.cancelled;
  const all = list.entries === undefined ? 'list not read yet' : count(list.entries, 'entry', 'entries');
  return {
    id,
    state: `${ending === undefined ? status : 'ending'} (batch, ${missing === 0 ? all : `${missing} of ${list.entries} missing`})`,
    sizeBytes: counters?.bytes,
    createdAt,
    source: printable(list.from),
    destination: printable(destination),
  };
}

export function remoteBatchLines(batch: BatchDetail): readonly string[] {
  const { id, status, run, owner, actedBy, list, destination, counters, hosts, openLarge, heldUntil } = batch;
  const isOver = isBatchOver(batch);
  const reason = batch.reason ?? batch.ending;
  const lines = facts([
    ['batch', id],
    ['state', `${status}${batch.ending === undefined ? '' : ' (about to end)'}${run > 1 ? ` (run ${run})` : ''}`],
    ['owner', owner],
    ['acted by', actedBy],
    ['list', `${list.from}${list.entries === undefined ? '' : `, ${count(list.entries, 'entry', 'entries')}`}`],
    ...(list.notes ?? []).map((note) => ['noted', note] as const),
    ['destination', destination],
    ['entries', list.entries === undefined ? undefined : outcomeKinds(list.entries, counters)],
    ['brought', formatBytes(counters.bytes)],
    ['progress', isOver ? undefined : progressText(batch)],
    ...hosts.map((one) => ['host', hostText(one)] as const),
    ['large', openLarge === 0 ? undefined : `${count(openLarge, 'entry', 'entries')} under way as transfers`],
    ['began', batch.createdAt],
    ['ended', batch.endedAt],
    ['reason', reason === undefined ? undefined : `${reason.message} (${reason.code})`],
    ['report', batch.report],
    ['kept until', isOver ? heldUntil : undefined],
  ]);
  const again = isOver && counters.failed + counters.cancelled > 0 && heldUntil !== undefined;
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

function progressText({ list, counters, progress }: BatchDetail): string {
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

/**
 * Follows a deployment's batch until it has ended, and ends as it did.
 * @throws PieceworkError why it ended early; `EntriesFailed`; `Interrupted` when the caller stops watching.
 */
export async function watchBatch(call: VerbCall, client: ApiClient, batchId: string): Promise<BatchDetail> {
  const { context, settings } = call;
  const live = settings.json !== true && settings.quiet !== true;
  const area = live && isTerminal(context.stderr, context.environment) ? new LiveArea(context.stderr) : undefined;
  using _cleared = { [Symbol.dispose]: () => area?.clear() };
  let last = '';
  for (let waitSeconds = 0; ; waitSeconds = LOOK_SECONDS) {
    const batch = await look(call, client, batchId, waitSeconds);
    const { id, status, counters, progress } = batch;
    const line = printable(`${status}: ${progressText(batch)}, to ${batch.destination}`);
    if (settings.json === true)
      writeJson(context.stdout, { type: 'progress', batchId: id, status, counters, ...progress });
    else if (area !== undefined) area.draw([line.slice(0, Math.max(10, (context.stderr.columns ?? 80) - 3))]);
    else if (live && line !== last) writeLine(context.stderr, line);
    last = line;
    if (isBatchOver(batch)) return batch;
  }
}

/** @throws PieceworkError unless all is there. */
export function throwUnlessWhole({ id, status, reason, list, counters }: BatchDetail): void {
  if (reason !== undefined) {
    const { code, message, details } = reason;
    throw fromErrorRecord({ code, message, ...(details === undefined ? {} : { details }) });
  }
  const missing = counters.failed + counters.cancelled;
  if (status === 'completed' && missing === 0) return;
  throw new PieceworkError(
    'EntriesFailed',
    `${missing} of ${list.entries ?? 0} entries are not there; piecework retry ${id} tries them again`,
  );
}

function isBatchOver({ status }: Batch): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

async function look(call: VerbCall, client: ApiClient, id: string, waitSeconds: number): Promise<BatchDetail> {
  try {
    return await client.getBatch(id, { waitSeconds, signal: call.context.signal });
  } catch (error) {
    if (!(error instanceof PieceworkError) || error.code !== 'Interrupted') throw error;
    throw new PieceworkError(
      'Interrupted',
      `interrupted; the batch goes on without you: piecework status ${id} --watch`,
      { cause: error },
    );
  }
}
