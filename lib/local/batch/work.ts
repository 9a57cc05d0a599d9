import type { BatchWork } from '../../pipeline/batch/work.ts';
import { paces } from '../../pipeline/batch/work.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { BACKOFF } from '../../transfer/retry.ts';
import { stated } from '../../values/stated.ts';
import type { CompleteBatchOptions } from './batch-options.ts';
import type { LocalBatchPorts } from './batch-ports.ts';
import type { Progress } from './progress.ts';

/** Entries of one shard under way: a slow store has so many puts at a time, however few places the source has. */
const LANES = 128;

export function batchWork(
  ports: LocalBatchPorts,
  batch: BatchRecord,
  options: CompleteBatchOptions,
  progress: Progress,
): BatchWork {
  const { maxAttempts, maxWaitMs, perHost, perHostPerMinute: perMinute } = options;
  return {
    ports,
    batch,
    limits: { maxAttempts, maxWaitMs, backoff: BACKOFF },
    lanes: LANES,
    paceOf: paces(ports, { places: perHost, ...stated({ perMinute }) }),
    started: ({ number, name }) => progress.started(number, name),
    known: (outcome) => progress.outcome(outcome, true),
    came: (outcome) => progress.outcome(outcome, false),
  };
}
