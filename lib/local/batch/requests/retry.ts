import { PieceworkError } from '../../../errors/error.ts';
import { batchRunning, nothingFailed } from '../../../pipeline/requests/batches/batch-errors.ts';
import { findBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { nextRun } from '../../../transfer/batch/batch-transitions.ts';
import { missing } from '../../../transfer/batch/outcome.ts';
import type { Home } from '../../home/home.ts';
import type { BatchReport, BatchRequest } from '../api.ts';
import { batchFolder } from '../batch-folder.ts';
import { completeBatchOptions } from '../batch-options.ts';
import { localBatchPorts } from '../batch-ports.ts';
import { batchStore } from '../batch-store.ts';
import { Progress } from '../progress.ts';
import { watchForCancel } from '../run/cancel-watch.ts';
import { runBatch } from '../run/run-batch.ts';
import type { KnownShard } from './stored-shards.ts';
import { storedShards } from './stored-shards.ts';

/**
 * Runs again what of a batch failed, was cancelled or was not begun, and nothing else: what is there is not asked for.
 * The list is not read again.
 * @throws PieceworkError `BatchNotFound`, `BatchRunning`; `BatchEnded` where nothing failed; `SourceNeeded` where
 * what is to be run again is not stored.
 */
export async function retryBatch(
  home: Home,
  batchId: string,
  { onEvent }: Pick<BatchRequest, 'onEvent'>,
  signal: AbortSignal,
): Promise<BatchReport> {
  const startedAt = home.clock.now();
  const { place, destination } = await findBatch(home, batchId);
  if (await home.locks.isHeld(place)) throw batchRunning(batchId);
  const folder = batchFolder(home.destinations, destination);
  const store = batchStore(home, folder);
  await using _lock = await store.lock();
  const record = await findBatch(home, batchId);
  const shards = await openShards(home, record);
  await using share = await home.engine.openBatch(folder.kind);
  const { object, ...given } = record.options;
  const options = completeBatchOptions(given);
  const ports = localBatchPorts(home, { request: { object }, options, folder, share, batchId: () => batchId });
  await ports.checkDestination(signal);
  const stopping = new AbortController();
  const batch = await store.begin(nextRun(record, undefined, startedAt), record);
  using watch = watchForCancel(home, { id: batchId }, stopping);
  await watch.look();
  const progress = new Progress(onEvent);
  progress.listed(batch, { because: 'it was read before', notes: () => [] }, true);
  const all = shards.map(({ index }) => index);
  const todo = shards.filter(({ isOpen }) => isOpen).map(({ index }) => index);
  for (const { index, isOpen } of shards) if (!isOpen) await reportKnown(home, batchId, index.number, progress);
  const run = { batch, isGoneOnWith: true, all, todo, options, folder, store, ports, progress, startedAt, stopping };
  return await runBatch(home, run, signal);
}

async function openShards(home: Home, record: BatchRecord): Promise<readonly KnownShard[]> {
  const { id, list, status, counters } = record;
  if (status === 'completed' && counters !== undefined && missing(counters) === 0) throw nothingFailed(record);
  // Before the list is read to its end, it is not known what is in it.
  if (list.entriesSha256 === '') throw listNeeded(id, 'its list was not read to its end');
  const shards = await storedShards(home.records, record);
  const lost = shards.some(({ isLost }) => isLost);
  if (lost)
    throw listNeeded(id, 'URLs, headers or credentials of it hold secrets and were not stored, or it was cleaned up');
  if (!shards.some(({ isOpen }) => isOpen)) throw nothingFailed(record);
  return shards;
}

function listNeeded(batchId: string, why: string): PieceworkError {
  return new PieceworkError(
    'SourceNeeded',
    `batch ${batchId} can't be retried from its record: ${why}; run the same piecework batch command again, which goes on with what is missing`,
  );
}

/** What is there of a shard on which nothing is left to do. */
async function reportKnown(home: Home, batchId: string, shard: number, progress: Progress): Promise<void> {
  const found = await home.records.get(KEYS.outcomes(batchId, shard));
  for (const outcome of found?.value.outcomes ?? []) progress.outcome(outcome, true);
}
