import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { stated } from '../../../values/stated.ts';
import type { Home } from '../../home/home.ts';
import type { BatchReport } from '../api.ts';
import type { BatchFolder } from '../batch-folder.ts';
import { completeBatchOptions } from '../batch-options.ts';
import { localBatchPorts } from '../batch-ports.ts';
import type { BatchStore } from '../batch-store.ts';
import type { LocalShards } from '../list/shard-store.ts';
import type { Progress } from '../progress.ts';
import type { KnownShard } from '../requests/stored-shards.ts';
import type { BatchDrain } from './batch-drain.ts';
import { watchForCancel } from './cancel-watch.ts';
import { runBatch } from './run-batch.ts';

/** A batch whose list was read before. */
export interface StoredBatch {
  readonly record: BatchRecord;
  readonly known: readonly KnownShard[];
  readonly folder: BatchFolder;
  readonly store: BatchStore;
  readonly progress: Progress;
  /** @default the state folder alone */
  readonly shards?: LocalShards;
  readonly drain?: BatchDrain;
  /** A batch of no more entries keeps its outcomes beside its report. @default 0 */
  readonly mostKept?: number;
  /** Stores that it runs, once its destination was found to take it; returns it as it then is. */
  begin(): Promise<BatchRecord>;
}

/** Works on what is open of a batch, until each entry has its outcome. The list is not read again. */
export async function runStored(home: Home, stored: StoredBatch, signal: AbortSignal): Promise<BatchReport> {
  const { record, known, folder, store, progress, shards, drain, mostKept = 0 } = stored;
  const startedAt = home.clock.now();
  const { id } = record;
  await using share = await home.engine.openBatch(folder.kind);
  const { object, ...given } = record.options;
  const options = completeBatchOptions(given);
  const of = { request: { object }, options, folder, share, batchId: () => id, ...stated({ shards, drain }) };
  const ports = localBatchPorts(home, of);
  await ports.checkDestination(signal);
  const stopping = new AbortController();
  const batch = await stored.begin();
  using watch = watchForCancel(home, { id }, stopping);
  await watch.look();
  progress.listed(batch, { because: 'it was read before', notes: () => [] }, true);
  const all = known.map(({ index }) => index);
  const todo = known.filter(({ isOpen }) => isOpen).map(({ index }) => index);
  for (const { index, isOpen } of known) if (!isOpen) await reportKnown(home, id, index.number, progress);
  const how = { isGoneOnWith: true, all, todo, options, folder, store, ports, mostKept };
  return await runBatch(home, { batch, ...how, progress, startedAt, stopping }, signal);
}

/** What is there of a shard on which nothing is left to do. */
async function reportKnown(home: Home, batchId: string, shard: number, progress: Progress): Promise<void> {
  const found = await home.records.get(KEYS.outcomes(batchId, shard));
  for (const outcome of found?.value.outcomes ?? []) progress.outcome(outcome, true);
}
