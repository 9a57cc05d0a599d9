import { PieceworkError } from '../../../errors/error.ts';
import { batchRunning, nothingFailed } from '../../../pipeline/requests/batches/batch-errors.ts';
import { findBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { nextRun } from '../../../transfer/batch/batch-transitions.ts';
import { missing } from '../../../transfer/batch/outcome.ts';
import type { Home } from '../../home/home.ts';
import type { BatchReport, BatchRequest } from '../api.ts';
import { batchFolder } from '../batch-folder.ts';
import { batchStore } from '../batch-store.ts';
import type { LocalShards } from '../list/shard-store.ts';
import { Progress } from '../progress.ts';
import { runStored } from '../run/run-stored.ts';
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
  const { place, destination } = await findBatch(home, batchId);
  if (await home.locks.isHeld(place)) throw batchRunning(batchId);
  const folder = batchFolder(home.destinations, destination);
  const store = batchStore(home, folder);
  await using _lock = await store.lock();
  const record = await findBatch(home, batchId);
  const known = await openShards(home, record);
  const begin = () => store.begin(nextRun(record, undefined, home.clock.now()), record);
  return await runStored(home, { record, known, folder, store, progress: new Progress(onEvent), begin }, signal);
}

/**
 * The shards of what is to be run again.
 * @throws PieceworkError `BatchEnded` where nothing failed; `SourceNeeded` where it is not stored.
 */
export async function openShards(home: Home, record: BatchRecord, held?: LocalShards): Promise<readonly KnownShard[]> {
  const { id, list, status, counters } = record;
  if (status === 'completed' && counters !== undefined && missing(counters) === 0) throw nothingFailed(record);
  // Before the list is read to its end, it is not known what is in it.
  if (list.entriesSha256 === '') throw listNeeded(id, 'its list was not read to its end');
  const shards = await storedShards(home.records, record, held);
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
