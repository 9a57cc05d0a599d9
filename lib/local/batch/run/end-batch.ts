import { PieceworkError, toErrorRecord } from '../../../errors/error.ts';
import type { BatchEnd } from '../../../events/events.ts';
import { endEarly } from '../../../pipeline/batch/end-early.ts';
import type { ShardIndex } from '../../../pipeline/batch/run-shards.ts';
import type { BatchView } from '../../../pipeline/requests/batches/batch-view.ts';
import { countOutcomes } from '../../../pipeline/requests/batches/batch-view.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import type { Counters } from '../../../transfer/batch/outcome.ts';
import { stated } from '../../../values/stated.ts';
import type { Home } from '../../home/home.ts';
import type { BatchFolder } from '../batch-folder.ts';
import type { BatchStore } from '../batch-store.ts';
import { keepWhatFailed } from '../clean-batches.ts';
import { localShards } from '../list/shard-store.ts';
import { storeReport } from '../report/report.ts';
import { storeSums } from '../report/sums.ts';
import { cancelTransfersOf } from '../requests/transfers-of.ts';
import { settleLeft } from './settle-left.ts';

export interface BatchToEnd {
  readonly batch: BatchRecord;
  readonly folder: BatchFolder;
  readonly store: BatchStore;
  /** Of the whole list. */
  readonly shards: readonly ShardIndex[];
  /** A batch of no more entries keeps its outcomes beside its report. @default 0 */
  readonly mostKept?: number;
}

export interface EndedBatch {
  readonly record: BatchRecord;
  readonly sums: BatchView;
  /** Where they are. */
  readonly checksums: readonly string[];
}

/**
 * What every end of a batch is, come by itself or early: each entry gets an outcome, the report and the checksums are
 * written, then the record, and what nothing needs any more goes. Of a list that was not read there is nothing to
 * write, and what an earlier batch wrote stays.
 * @param how why it ends before its end; of one that does not, the sums over all its outcomes
 */
export async function endBatch(
  home: Home,
  { batch, folder, store, shards, mostKept = 0 }: BatchToEnd,
  how: PieceworkError | BatchView,
  signal: AbortSignal,
): Promise<EndedBatch> {
  const reason = how instanceof PieceworkError ? how : undefined;
  if (reason !== undefined) {
    if (reason.code === 'Cancelled') await cancelTransfersOf(home, batch.id, signal);
    // Names and sources as they are shown: also of what holds a secret, and is in no process's memory.
    const { stored } = localShards(home.records);
    const shown = {
      get: async (id: string, number: number) => (await stored(id, number))?.entries,
      put: async () => {},
    };
    await endEarly({ ...home, shards: shown }, batch.id, batch.list.shards, toErrorRecord(reason));
  }
  const of = { batch, folder, shards };
  const wasRead = batch.list.entriesSha256 !== '';
  const report = wasRead ? await storeReport(home, of, signal) : undefined;
  const checksums = wasRead ? await storeSums(home, of, signal) : [];
  // In what was not come to, there may be outcomes of an earlier run.
  const sums = how instanceof PieceworkError ? await countOutcomes(home, batch.id) : how;
  await settleLeft(home, batch.id, signal);
  await home.notifications.send(endEvent(batch, { reason, report, counters: sums.counters }), batch);
  const record = await store.end(batch, { reason, report, ...sums });
  await keepWhatFailed(home.records, record, mostKept);
  return { record, sums, checksums };
}

function endEvent(
  { id: batchId, run = 1, list }: BatchRecord,
  how: {
    readonly reason: PieceworkError | undefined;
    readonly report: string | undefined;
    readonly counters: Counters;
  },
): BatchEnd {
  const { reason, report, counters } = how;
  const status = reason === undefined ? 'completed' : reason.code === 'Cancelled' ? 'cancelled' : 'failed';
  const because = reason === undefined ? undefined : toErrorRecord(reason);
  const type = `batch.${status}` as const;
  return stated({ type, batchId, run, entries: list.entries, counters, report, reason: because });
}
