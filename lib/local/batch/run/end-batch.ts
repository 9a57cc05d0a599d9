import type { PieceworkError } from '../../../errors/error.ts';
import { toErrorRecord } from '../../../errors/error.ts';
import { endEarly } from '../../../pipeline/batch/end-early.ts';
import type { ShardIndex } from '../../../pipeline/batch/run-shards.ts';
import type { BatchView } from '../../../pipeline/requests/batches/batch-view.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import type { Home } from '../../home/home.ts';
import type { BatchFolder } from '../batch-folder.ts';
import type { BatchStore } from '../batch-store.ts';
import { keepWhatFailed } from '../clean-batches.ts';
import { localShards } from '../list/shard-store.ts';
import { storeReport } from '../report/report.ts';
import { storeSums } from '../report/sums.ts';
import { cancelTransfersOf } from '../requests/transfers-of.ts';

export interface BatchToEnd {
  readonly batch: BatchRecord;
  readonly folder: BatchFolder;
  readonly store: BatchStore;
  /** Of the whole list. */
  readonly shards: readonly ShardIndex[];
}

/**
 * What every end of a batch is, come by itself or early: each entry gets an outcome, the report and the checksums are
 * written, then the record, and what nothing needs any more goes. Of a list that was not read there is nothing to
 * write, and what an earlier batch wrote stays.
 * @param how.reason why it ends before its end; absent = it does not
 * @param how.sums over all outcomes, once each entry has one
 * @returns its record, and where the checksums are
 */
export async function endBatch(
  home: Home,
  { batch, folder, store, shards }: BatchToEnd,
  { reason, sums }: { readonly reason?: PieceworkError | undefined; sums(): BatchView | Promise<BatchView> },
  signal: AbortSignal,
): Promise<{ readonly ended: BatchRecord; readonly checksums: readonly string[] }> {
  if (reason !== undefined) {
    if (reason.code === 'Cancelled') await cancelTransfersOf(home, batch.id, signal);
    // Names and sources as they are shown: also of what holds a secret, and is in no process's memory.
    const outlined = { get: localShards(home.records).outline, put: async () => {} };
    await endEarly({ ...home, shards: outlined }, batch.id, batch.list.shards, toErrorRecord(reason));
  }
  const of = { batch, folder, shards };
  const wasRead = batch.list.entriesSha256 !== '';
  const report = wasRead ? await storeReport(home, of, signal) : undefined;
  const checksums = wasRead ? await storeSums(home, of, signal) : [];
  const ended = await store.end(batch, { reason, report, ...(await sums()) });
  await keepWhatFailed(home.records, ended);
  return { ended, checksums };
}
