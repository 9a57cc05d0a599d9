import { asPieceworkError, PieceworkError } from '../../../../errors/error.ts';
import { KEYS } from '../../../../records/records.ts';
import { placeUnder, reportName } from '../../../../transfer/batch/batch-place.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { runOf } from '../../../../transfer/batch/batch-record.ts';
import { shownSourceOf } from '../../../../transfer/batch/entry.ts';
import type { Board } from '../../../../transfer/batch/fleet/board.ts';
import type { Counters, Outcome, ShardOutcomes } from '../../../../transfer/batch/outcome.ts';
import { isComplete, isThere, total } from '../../../../transfer/batch/outcome.ts';
import { byFrequency, NO_SUMS, withOutcome } from '../../../../transfer/batch/sums.ts';
import { hasPiece } from '../../../../transfer/plan/piece-set.ts';
import { stated } from '../../../../values/stated.ts';
import { printableJson } from '../../../../values/text/printable.ts';
import { loadBatch } from '../../../requests/batches/load-batch.ts';
import { changeDocument } from '../../../shared/batches/documents.ts';
import { fleetOf } from '../../../shared/batches/fleet.ts';
import type { Ports } from '../../../shared/ports.ts';
import { sideBySide } from '../../../shared/side-by-side.ts';
import { outcomesInOrder } from '../../outcomes-in-order.ts';
import { shardsOf } from '../entries/sealed-shards.ts';
import { loadIndex } from '../entries/shard-index.ts';
import { endBatch } from './end-batch.ts';
import { addLargeDigests } from './large-digests.ts';
import { storeLines } from './store-lines.ts';
import { storeSums } from './store-sums.ts';

const SIDE_BY_SIDE = 16;

/**
 * Ends a batch of which all is known: what is open gets its outcome, all outcomes are counted and written as the
 * report, and the record says how it ended.
 */
export async function reportBatch(ports: Ports, batchId: string, signal: AbortSignal): Promise<void> {
  const batch = await loadBatch(ports, batchId);
  const board = (await ports.records.get(KEYS.board(batchId)))?.value;
  if (batch?.status !== 'running' || board?.reportAt === undefined || board.run !== runOf(batch)) return;
  const shards = await loadIndex(ports, batch);
  const open = shards.filter(({ number }) => !hasPiece(board.complete, number));
  await sideBySide(open, SIDE_BY_SIDE, ({ number }) => close(ports, batch, board, number, signal));
  if (batch.options.checksums !== undefined && !(await addLargeDigests(ports, batch, shards, signal))) {
    await fleetOf(ports).queues.planner.send([{ body: { kind: 'report', v: 1, batchId } }]);
    return;
  }
  let sums = NO_SUMS;
  async function* lines(): AsyncGenerator<string> {
    sums = NO_SUMS;
    for await (const outcome of outcomesInOrder(ports, batchId, shards)) {
      signal.throwIfAborted();
      sums = withOutcome(sums, outcome);
      yield `${printableJson(outcome)}\n`;
    }
  }
  const report = await stored(ports, batch, lines, signal);
  await unlessRefused(ports, `the list of checksums of batch ${batchId}`, signal, () =>
    storeSums(ports, batch, shards, signal),
  );
  checkAll(batch, sums.counters);
  const reason = batch.ending?.reason;
  await endBatch(ports, batch, { ...sums, failures: byFrequency(sums.failures), ...stated({ report, reason }) });
}

/** What no worker and no transfer will say any more. */
async function close(
  ports: Ports,
  batch: BatchRecord,
  board: Board,
  shard: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const entries = (await shardsOf(ports, batch).get(batch.id, shard)) ?? [];
  const run = runOf(batch);
  const error = hasPiece(board.lost, shard)
    ? { code: 'WorkerDied' as const, message: 'the workers that were to bring it died again and again' }
    : (batch.ending?.reason ?? { code: 'Internal' as const, message: 'the batch ended without an outcome of it' });
  const kind = batch.ending === undefined ? 'failed' : 'cancelled';
  await changeDocument<ShardOutcomes>(ports, KEYS.outcomes(batch.id, shard), (there) => {
    const isOfRun = (there?.run ?? 0) === run;
    if (isOfRun && there !== undefined && isComplete(there)) return undefined;
    const known = (there?.outcomes ?? []).filter((one) => isOfRun || isThere(one));
    const has = new Set(known.map(({ entry }) => entry));
    const fresh = entries
      .filter(({ number }) => !has.has(number))
      .map((one): Outcome => ({ entry: one.number, kind, name: one.name, source: shownSourceOf(one), error }));
    return { v: 1, shard, outcomes: [...known, ...fresh], run, through: true };
  });
}

/** Where the report is; `undefined` = none was asked for, or it can't be written, which ends no batch. */
async function stored(
  ports: Ports,
  batch: BatchRecord,
  lines: () => AsyncGenerator<string>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { id, place, reportTo } = batch;
  if (reportTo !== false) {
    const target = placeUnder(place, reportName(id));
    const token = `${id}.report${runOf(batch)}`;
    const object = { target, token, settings: batch.options.object, contentType: 'application/x-ndjson' };
    const isStored = await unlessRefused(ports, `the report of batch ${id}`, signal, () =>
      storeLines(ports, object, lines(), signal),
    );
    if (isStored) return ports.destinations(place).describe(target);
  }
  for await (const _line of lines());
  return undefined;
}

/** What can't be written at the destination ends no batch. */
async function unlessRefused(
  { events }: Ports,
  what: string,
  signal: AbortSignal,
  write: () => Promise<void>,
): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    // `UploadLost`: another delivery of the same order was faster, or the upload is to be begun anew.
    if (error.reaction !== 'fail' || error.code === 'Internal' || error.code === 'UploadLost') throw error;
    const message = `${what} could not be written (${error.message}); its outcomes can be read from the API`;
    await events.emit({ type: 'warning', message });
    return false;
  }
}

function checkAll({ id, list }: BatchRecord, counters: Counters): void {
  const outcomes = total(counters);
  if (outcomes === list.entries) return;
  throw new PieceworkError('Internal', `batch ${id} has ${list.entries} entries, and ${outcomes} outcomes`);
}
