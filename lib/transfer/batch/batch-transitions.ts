import type { ErrorRecord } from '../../errors/error.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import type { BatchEnding, BatchList, BatchRecord } from './batch-record.ts';
import { isBatchOver, runOf } from './batch-record.ts';

/** It was taken on, and its list is not read yet. */
export function acceptedBatch(
  asked: Pick<
    BatchRecord,
    'id' | 'owner' | 'trace' | 'run' | 'destination' | 'place' | 'options' | 'reportTo' | 'hooks'
  > & {
    readonly list: Pick<BatchList, 'from' | 'format'>;
  },
  now: Instant,
): BatchRecord {
  const at = toIso(now);
  return {
    v: 1,
    ...asked,
    status: 'accepted',
    createdAt: at,
    runAt: at,
    updatedAt: at,
    list: { ...asked.list, sha256: '', entriesSha256: '', entries: 0, shards: 0 },
  };
}

/** On one machine, before its list is read. */
export function drafted(
  batch: Pick<BatchRecord, 'id' | 'destination' | 'place' | 'options' | 'reportTo'>,
  now: Instant,
): BatchRecord {
  return {
    ...batch,
    v: 1,
    status: 'running',
    createdAt: toIso(now),
    updatedAt: toIso(now),
    list: { from: '', format: '', sha256: '', entriesSha256: '', entries: 0, shards: 0 },
  };
}

/** Begins, or goes on with what has failed or was cancelled: the earlier end does not count any more. */
export function begun(batch: BatchRecord, now: Instant): BatchRecord {
  const {
    reason: _reason,
    report: _report,
    ending: _ending,
    counters: _counters,
    failures: _failures,
    ...kept
  } = batch;
  return { ...kept, status: 'running', updatedAt: toIso(now) };
}

/** On one machine: what an earlier run of the same batch left, as it is asked for now. */
export function goneOnWith({ id, createdAt, run, runAt }: BatchRecord, asked: BatchRecord): BatchRecord {
  return { ...asked, id, createdAt, ...stated({ run, runAt }) };
}

/**
 * On one machine: an earlier batch that did not come to its end, submitted once more with the same list. What had ended
 * is its next run. Whom an unfinished one was to notify holds, until another is named.
 */
export function submittedAgain({ id, createdAt, list, ...earlier }: BatchRecord, asked: BatchRecord): BatchRecord {
  const isOver = isBatchOver(earlier);
  const hooks = asked.hooks ?? (isOver ? undefined : earlier.hooks);
  const run = runOf(earlier) + (isOver ? 1 : 0);
  return { ...asked, id, createdAt, list: { ...list, from: asked.list.from }, run, ...stated({ hooks }) };
}

/** It is to end early: the process that works on it sees that. What is asked first is the reason. */
export function asEnding(batch: BatchRecord, ending: BatchEnding, now: Instant): BatchRecord {
  return { ...batch, ending: batch.ending ?? ending, updatedAt: toIso(now) };
}

/** Each entry has its outcome. @param how.reason why it ended before its end; absent = it did not */
export function ended(
  batch: BatchRecord,
  how: Pick<BatchRecord, 'reason' | 'report' | 'counters' | 'failures'>,
  now: Instant,
): BatchRecord {
  const { ending: _, ...kept } = batch;
  const status = how.reason === undefined ? 'completed' : statusOf(how.reason);
  return { ...kept, ...how, status, updatedAt: toIso(now) };
}

function statusOf({ code }: ErrorRecord): BatchRecord['status'] {
  return code === 'Cancelled' ? 'cancelled' : 'failed';
}

/** What failed or was cancelled is to be run again; its list is read already. */
export function nextRun(batch: BatchRecord, actedBy: string | undefined, now: Instant): BatchRecord {
  const { heldUntil: _held, endedAt: _ended, announced: _announced, actedBy: _before, ...kept } = begun(batch, now);
  return {
    ...kept,
    run: runOf(batch) + 1,
    runAt: toIso(now),
    status: 'accepted',
    ...(actedBy === undefined ? {} : { actedBy }),
  };
}

export function announcedBatch(batch: BatchRecord): BatchRecord {
  return { ...batch, announced: true };
}

/** What failed can't be run again any more. `undefined` = its hold is not over. */
export function withoutHold(batch: BatchRecord, now: Instant): BatchRecord | undefined {
  const { heldUntil, ...rest } = batch;
  return heldUntil !== undefined && fromIso(heldUntil) <= now ? rest : undefined;
}

/** Over, and on AWS held for a retry where something has failed. @param holdMs 0 = not at all */
export function endedOnAws(
  batch: BatchRecord,
  how: Pick<BatchRecord, 'reason' | 'report' | 'counters' | 'failures'>,
  holdMs: number,
  now: Instant,
): BatchRecord {
  const over = { ...ended(batch, how, now), endedAt: toIso(now) };
  return holdMs > 0 ? { ...over, heldUntil: toIso(now + holdMs) } : over;
}

/** Its entries are known: it runs. A cancel that came meanwhile stands. */
export function planned(
  batch: BatchRecord,
  { list, isPlaceEmpty }: Pick<BatchRecord, 'list' | 'isPlaceEmpty'>,
  now: Instant,
): BatchRecord {
  const { ending } = batch;
  return { ...begun({ ...batch, list, ...stated({ isPlaceEmpty }) }, now), ...stated({ ending }) };
}

/** Takes the number of a run that was cut off before its record. */
export function takenRun(batch: BatchRecord, run: number): BatchRecord {
  return { ...batch, run };
}

/** Stands in for the record that a submit never wrote. */
export function batchTombstone(id: string, run: number, now: Instant): BatchRecord {
  const options = { ifExists: 'if-changed', maxAttempts: 1, object: {} } as const;
  const asked = { id, run, destination: '', place: { kind: 'stdout' }, list: { from: '', format: '' }, options };
  const message = 'the submit was cut off before the batch was recorded; submit it again';
  return endedOnAws(acceptedBatch(asked, now), { reason: { code: 'SubmitAbandoned', message } }, 0, now);
}
