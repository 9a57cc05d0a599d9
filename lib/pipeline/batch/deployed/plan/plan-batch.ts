import { asPieceworkError, toErrorRecord } from '../../../../errors/error.ts';
import { KEYS } from '../../../../records/records.ts';
import { placeUnder, reportName } from '../../../../transfer/batch/batch-place.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../../../transfer/batch/batch-record.ts';
import { planned } from '../../../../transfer/batch/batch-transitions.ts';
import { NO_SUMS } from '../../../../transfer/batch/sums.ts';
import { backoffMs } from '../../../../transfer/retry.ts';
import { loadBatch } from '../../../requests/batches/load-batch.ts';
import { changeBatch, fleetOf, SEALED } from '../../../shared/batches/fleet.ts';
import type { SealedList } from '../../../shared/batches/submission.ts';
import type { Ports } from '../../../shared/ports.ts';
import { withinQuota } from '../../../shared/quotas/entries.ts';
import { makeShards } from '../../make-shards.ts';
import { endBatch } from '../end/end-batch.ts';
import { sealedShards } from '../entries/sealed-shards.ts';
import { indexOf } from '../entries/shard-index.ts';
import { openBatchList } from './batch-list.ts';
import { makeBoard } from './make-board.ts';

/** Readings of a list that fail, before the batch does. */
const MOST_READINGS = 5;

/**
 * Reads the list of a batch into sealed shards, or makes the next run of one that was read; then it runs. Whatever is
 * cut off is begun anew by the next planner, under another name, so that two readings never mix.
 */
export async function planBatch(ports: Ports, batchId: string, signal: AbortSignal): Promise<void> {
  const batch = await loadBatch(ports, batchId);
  if (batch === undefined || isBatchOver(batch)) return;
  const isRead = batch.list.readingId !== undefined;
  if (batch.ending !== undefined && !isRead) {
    await endBatch(ports, batch, { ...NO_SUMS, reason: batch.ending.reason });
    return;
  }
  const running = batch.status === 'running' ? batch : await begin(ports, batch, signal);
  if (running?.status !== 'running') return;
  await makeBoard(ports, running);
  await fleetOf(ports).queues.finalizer.send([{ body: { kind: 'batch-tick', v: 1, batchId } }]);
}

async function begin(ports: Ports, batch: BatchRecord, signal: AbortSignal): Promise<BatchRecord | undefined> {
  if (batch.list.readingId !== undefined) return await run(ports, batch, batch);
  let list: BatchRecord['list'];
  let isPlaceEmpty: boolean;
  try {
    await checkDestination(ports, batch, signal);
    list = await read(ports, batch, signal);
    isPlaceEmpty = await seesNothingThere(ports, batch, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    if (error.code === 'Conflict' || error.code === 'HomeUnavailable') throw error;
    await endBatch(ports, batch, { ...NO_SUMS, reason: toErrorRecord(error) });
    return undefined;
  }
  const stored = await run(ports, batch, { list, ...(isPlaceEmpty ? { isPlaceEmpty } : {}) });
  // Another planner was faster.
  if (stored?.list.readingId !== list.readingId)
    await fleetOf(ports).sealed.discard(SEALED.shards(batch.id, list.readingId ?? ''));
  return stored;
}

async function run(
  ports: Ports,
  batch: BatchRecord,
  plan: Pick<BatchRecord, 'list' | 'isPlaceEmpty'>,
): Promise<BatchRecord | undefined> {
  return await changeBatch(ports, batch.id, (there) =>
    there.status === 'accepted' && runOf(there) === runOf(batch) ? planned(there, plan, ports.clock.now()) : undefined,
  );
}

/** Where it can be seen by one question, the workers need not ask for each entry. */
async function seesNothingThere(ports: Ports, { place, options }: BatchRecord, signal: AbortSignal): Promise<boolean> {
  if (options.ifExists !== 'if-changed') return false;
  return (await ports.destinations(place).isEmptyBelow?.(placeUnder(place, ''), { signal })) ?? false;
}

/** Finds what would fail for every entry. */
async function checkDestination(ports: Ports, { id, place, options }: BatchRecord, signal: AbortSignal): Promise<void> {
  const target = placeUnder(place, reportName(id));
  const object = { target, token: id, validator: { kind: 'none' }, settings: options.object } as const;
  await ports.destinations(place).check(object, { signal });
}

async function read(ports: Ports, batch: BatchRecord, signal: AbortSignal): Promise<BatchRecord['list']> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await readOnce(ports, batch, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const { reaction, details } = asPieceworkError(thrown);
      if ((reaction !== 'retry' && reaction !== 'wait') || failures >= MOST_READINGS) throw thrown;
      await ports.clock.sleep(details.retryAfterMs ?? backoffMs(failures, batch.id), signal);
    }
  }
}

async function readOnce(ports: Ports, batch: BatchRecord, signal: AbortSignal): Promise<BatchRecord['list']> {
  const fleet = fleetOf(ports);
  const readingId = ports.ids.ulid();
  const sealed = await fleet.sealed.unseal<SealedList>(SEALED.list(batch.id));
  if (sealed === undefined) throw asPieceworkError(new Error(`the list of batch ${batch.id} is not there`));
  const shards = sealedShards(fleet, readingId);
  try {
    const list = await openBatchList(ports, sealed, batch.place, signal);
    const entries = withinQuota(ports, batch.owner ?? 'local', list.entries);
    const made = await makeShards({ shards }, batch.id, entries, fleet.shardLimits);
    await shards.flush();
    await ports.records.put(KEYS.shardIndex(batch.id, readingId), indexOf(made.shards), 'absent');
    const notes = list.notes();
    return {
      ...batch.list,
      format: list.format,
      sha256: list.sha256(),
      entriesSha256: made.sha256,
      entries: made.entries,
      shards: made.shards.length,
      readingId,
      ...(notes.length === 0 ? {} : { notes }),
    };
  } catch (error) {
    await shards.flush().catch(() => {});
    await fleet.sealed.discard(SEALED.shards(batch.id, readingId)).catch(() => {});
    throw error;
  }
}
