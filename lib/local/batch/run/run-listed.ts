import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { runOf } from '../../../transfer/batch/batch-record.ts';
import { stated } from '../../../values/stated.ts';
import { stopper } from '../../engine/stopper.ts';
import type { Home } from '../../home/home.ts';
import type { BatchReport, BatchRequest } from '../api.ts';
import { completeBatchOptions } from '../batch-options.ts';
import { localBatchPorts } from '../batch-ports.ts';
import { forgetEntries } from '../clean-batches.ts';
import type { ReadList } from '../list/read-list.ts';
import { readList } from '../list/read-list.ts';
import type { LocalShards } from '../list/shard-store.ts';
import type { BatchDrain } from './batch-drain.ts';
import { watchForCancel } from './cancel-watch.ts';
import { runBatch } from './run-batch.ts';
import type { StoredBatch } from './run-stored.ts';

/** A batch that was taken on, with its list at hand. */
export interface ListedBatch extends Omit<StoredBatch, 'known' | 'begin'> {
  readonly shards: LocalShards;
  readonly drain: BatchDrain;
  readonly from: Pick<BatchRequest, 'list' | 'entries' | 'source'>;
  /** The list is not needed any more: it is in shards. */
  onRead(): Promise<void>;
}

/**
 * Reads the list of a batch, and works until each of its entries has an outcome. Where its list was read before, and
 * what was left of it is not at hand any more, the same entries go on with their outcomes.
 */
export async function runListed(home: Home, listed: ListedBatch, signal: AbortSignal): Promise<BatchReport> {
  const { record, folder, store, progress, shards, drain, from, mostKept = 0 } = listed;
  const startedAt = home.clock.now();
  const { id } = record;
  await using share = await home.engine.openBatch(folder.kind);
  const { object, ...given } = record.options;
  const options = completeBatchOptions(given);
  const of = { request: { object }, options, folder, share, batchId: () => id, shards, drain };
  const ports = localBatchPorts(home, of);
  await ports.checkDestination(signal);
  const stopping = new AbortController();
  using watch = watchForCancel(home, { id }, stopping);
  await watch.look();
  using stop = stopper(signal, stopping.signal);
  const reads = { ports, kind: folder.kind };
  const { read, isSame } = await readFor(home, record, { from, shards, reads }, stop.signal);
  const { path, format, sha256, entriesSha256, entries } = read.list;
  const notes = read.notes();
  const list = {
    ...{ from: record.list.from, format, sha256, entriesSha256, entries, shards: read.list.shards },
    ...stated({ path, notes: notes.length === 0 ? undefined : notes }),
  };
  const batch = await store.begin({ ...record, list }, undefined);
  await listed.onRead();
  progress.listed(batch, read, isSame);
  const mayLookOnce = !isSame && runOf(record) === 1 && options.ifExists === 'if-changed';
  const isPlaceEmpty = mayLookOnce && (await ports.isPlaceEmpty(signal));
  const all = read.made.shards;
  const how = { isPlaceEmpty, isGoneOnWith: isSame, all, todo: all, options, folder, store, ports, mostKept };
  return await runBatch(home, { batch, ...how, progress, startedAt, stopping }, signal);
}

interface Reading {
  readonly from: ListedBatch['from'];
  readonly shards: LocalShards;
  readonly reads: Omit<Parameters<typeof readList>[2], 'batchId'>;
}

/** What an earlier reading left is replaced, unless its entries are the same. */
async function readFor(
  home: Home,
  { id, list }: BatchRecord,
  { from, shards, reads }: Reading,
  signal: AbortSignal,
): Promise<{ readonly read: ReadList; readonly isSame: boolean }> {
  const wasRead = list.entriesSha256 !== '';
  const batchId = wasRead ? home.ids.ulid() : id;
  if (!wasRead) await forgetEntries(home.records, id);
  try {
    const read = await readList(home, { ...from, destination: '' }, { ...reads, batchId }, signal);
    const isSame = wasRead && list.entriesSha256 === read.list.entriesSha256 && list.shards === read.list.shards;
    if (wasRead && !isSame) await forgetEntries(home.records, id);
    if (wasRead) await shards.adopt(batchId, id, read.list.shards);
    return { read, isSame };
  } catch (error) {
    shards.forget(batchId);
    await forgetEntries(home.records, batchId);
    throw error;
  }
}
