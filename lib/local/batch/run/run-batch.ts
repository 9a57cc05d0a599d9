import { asPieceworkError, PieceworkError } from '../../../errors/error.ts';
import { runRounds } from '../../../pipeline/batch/run-rounds.ts';
import type { ShardIndex } from '../../../pipeline/batch/run-shards.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { stated } from '../../../values/stated.ts';
import type { Instant } from '../../../values/time.ts';
import { stopper } from '../../engine/stopper.ts';
import type { Home } from '../../home/home.ts';
import type { BatchReport } from '../api.ts';
import type { BatchFolder } from '../batch-folder.ts';
import type { CompleteBatchOptions } from '../batch-options.ts';
import type { LocalBatchPorts } from '../batch-ports.ts';
import type { BatchStore } from '../batch-store.ts';
import type { Progress } from '../progress.ts';
import { batchWork } from '../work.ts';
import type { EndedBatch } from './end-batch.ts';
import { endBatch } from './end-batch.ts';

export interface BatchRun {
  /** Its record says that it is running. */
  readonly batch: BatchRecord;
  /** Nothing was at the destination when it began. @default unknown */
  readonly isPlaceEmpty?: boolean;
  /** An earlier run of it may have been killed. */
  readonly isGoneOnWith: boolean;
  /** Of the whole list. */
  readonly all: readonly ShardIndex[];
  /** Those that are worked on. */
  readonly todo: readonly ShardIndex[];
  readonly options: CompleteBatchOptions;
  readonly folder: BatchFolder;
  readonly store: BatchStore;
  readonly ports: LocalBatchPorts;
  readonly progress: Progress;
  readonly startedAt: Instant;
  /** Aborted by a cancel of another process, and by the rules that end a batch early. */
  readonly stopping: AbortController;
  /** A batch of no more entries keeps its outcomes beside its report. @default 0 */
  readonly mostKept?: number;
}

/** Works on a batch until each of its entries has an outcome, and writes the report. */
export async function runBatch(home: Home, run: BatchRun, signal: AbortSignal): Promise<BatchReport> {
  const { batch, all, todo, options, folder, store, ports, progress, startedAt, stopping, mostKept } = run;
  const { isPlaceEmpty = false, isGoneOnWith: mayHaveParts } = run;
  using stop = stopper(signal, stopping.signal);
  using _rules = progress.watch(options, stopping, home.clock);
  let reason: PieceworkError | undefined;
  try {
    await runRounds({ ...batchWork(ports, batch, options, progress), isPlaceEmpty, mayHaveParts }, todo, stop.signal);
  } catch (thrown) {
    if (signal.aborted) throw interrupted(batch.id, thrown);
    reason = asPieceworkError(thrown);
  }
  const how = reason ?? progress.sums();
  const ended = await endBatch(home, { batch, folder, store, shards: all, ...stated({ mostKept }) }, how, signal);
  return reportOf(ended, home.clock.now() - startedAt);
}

function reportOf({ record, sums, checksums }: EndedBatch, elapsedMs: number): BatchReport {
  const { id, status, list, report, reason } = record;
  const always = { batchId: id, status, entries: list.entries, elapsedMs };
  const more = stated({ report, reason, checksums: checksums.length === 0 ? undefined : checksums });
  return { ...always, ...sums, ...more };
}

function interrupted(batchId: string, cause: unknown): PieceworkError {
  return new PieceworkError('Interrupted', 'interrupted; run the same command again to go on with what is missing', {
    cause,
    details: { batchId },
  });
}
