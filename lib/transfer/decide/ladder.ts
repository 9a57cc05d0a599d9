import type { ErrorCode, Reaction } from '../../errors/codes.ts';
import { reactionTo } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { deniedWaitMs, mayBeLimit } from '../denial.ts';
import type { PiecesPlan } from '../plan/plan.ts';
import type { TransferRecord } from '../record/record.ts';
import { isOneStream } from '../record/record.ts';
import type { Planning, Transferring } from '../record/states.ts';
import { failed, startedOver } from '../record/transitions.ts';
import { narrowed, turnedIntoStream } from '../record/transitions-ladder.ts';
import { backoffMs } from '../retry.ts';
import type { DecidePolicy, Outcome } from './decision.ts';
import { end, overAgain, sendPlanLater } from './outcomes.ts';

/*
 * The ladder: what is done where a source contradicts the plan, in place of an end. Down only, so that it ends: over
 * again in pieces (another version, once), fewer connections, one connection, one stream. A stream is one answer, and
 * so one version; what goes wrong with it ends the transfer.
 */

/** Over again in pieces because the source changed, its upload vanished, or the store answered 409. */
export const MOST_RESTARTS = 1;

/** Answers to ranges that contradict each other or the plan. */
const CONTRADICTIONS: ReadonlySet<ErrorCode> = new Set([
  'RangeMismatch',
  'BodyLong',
  'BodyShort',
  'SourceRangeRefused',
]);

/** Planning that is turned away begins so many steps up the back-off: pieces of the last plan may still be coming. */
const PATIENT_STEPS = 3;
/** How often planning in pieces is turned away before it gives in. */
const MOST_TURNED_AWAY = 2;

/** A range that is refused in the middle may be one server's of many: it has the budget of a piece. */
export function reactionToPiece(code: ErrorCode): Reaction {
  return code === 'SourceRangeRefused' ? 'retry' : reactionTo(code);
}

/** `onSourceChange`: the transfer ends, or starts over with a new upload, once in pieces and once as a stream. */
export function afterSourceChange(
  record: Planning | Transferring,
  reason: ErrorRecord,
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  if (record.request.options.onSourceChange === 'restart') {
    const restarts = record.restarts + 1;
    if (restarts <= MOST_RESTARTS && record.oneStream === undefined)
      return overAgain({ ...record, restarts }, reason, now);
    // What came so far is of another version: it goes now.
    if (mayBeOneStream(record)) return toStream(startedOver(record, now), reason, now, policy);
  }
  return end(failed(record, reason, now));
}

/** A piece has used up its budget, or failed for good. */
export function afterPieceFailed(
  record: Transferring<PiecesPlan>,
  reason: ErrorRecord,
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  const { narrowedTo, request } = record;
  const places = narrowedTo ?? request.options.parallelism;
  if (isTurnedAway(reason) && places > 1) {
    const fewer = narrowedTo === undefined ? Math.max(1, Math.floor(places / 4)) : 1;
    return planLater(narrowed(record, fewer, now), reason, now, policy);
  }
  const isLast = !CONTRADICTIONS.has(reason.code) && !isTurnedAway(reason);
  return isLast || !mayBeOneStream(record) ? end(failed(record, reason, now)) : toStream(record, reason, now, policy);
}

/**
 * Planning, or a stream, was turned away after the source had been seen: what it said then may pass as soon as the
 * pieces on their way have come. `undefined` = no matter of the ladder.
 */
export function afterTurnedAway(
  record: Planning | Transferring,
  reason: ErrorRecord,
  now: Instant,
  policy: DecidePolicy,
): Outcome | undefined {
  const isLimit = mayBeLimit(reason);
  // Without a plan: a stream that broke off, and begins anew.
  const wasServed = isOnLadder(record) || (isLimit && record.snapshot !== undefined && record.waiting !== undefined);
  if (!isTurnedAway(reason) || !wasServed) return undefined;
  const planFailures = record.planFailures + 1;
  const isDenied = reason.code === 'SourceForbidden';
  if (!isDenied && planFailures >= MOST_TURNED_AWAY && mayBeOneStream(record))
    return toStream(record, reason, now, policy);
  if (isLimit && planFailures >= MOST_TURNED_AWAY) return planAfterLimit(record, reason, now, policy);
  const most = isDenied ? MOST_TURNED_AWAY : record.request.options.maxFailures;
  if (planFailures >= most) return end(failed({ ...record, planFailures }, reason, now));
  return planLater({ ...record, planFailures }, reason, now, policy);
}

export function isOnLadder({ restarts, narrowedTo, oneStream }: TransferRecord): boolean {
  return restarts > 0 || narrowedTo !== undefined || oneStream !== undefined;
}

/**
 * What a web server says to later or parallel requests that it does not want: a page in place of the file, or 403. A
 * store that says 403 means a right.
 */
function isTurnedAway({ code, details }: ErrorRecord): boolean {
  if (code === 'UnexpectedType') return true;
  return code === 'SourceForbidden' && details?.sourceStatus === 403 && details['storeError'] === undefined;
}

function mayBeOneStream(record: Planning | Transferring): boolean {
  const isStreamAlready = isOneStream(record) || record.plan?.mode === 'stream';
  return !isStreamAlready && record.request.options.serverSideCopy !== 'always';
}

function toStream(record: Planning | Transferring, why: ErrorRecord, now: Instant, policy: DecidePolicy): Outcome {
  const later = planLater(turnedIntoStream(record, why, now), why, now, policy);
  const started = { kind: 'emit', event: { type: 'restarted', transferId: record.id, reason: why } } as const;
  return { record: later.record, commands: [started, ...later.commands, { kind: 'settle' }] };
}

/** Nothing is on its way any more, and fewer can't be asked: the denial is waited out, as long as patience lasts. */
function planAfterLimit(
  record: Planning | Transferring,
  reason: ErrorRecord,
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  const times = (record.waiting?.tries ?? 0) - MOST_TURNED_AWAY + 1;
  const delayMs = deniedWaitMs(times, `${record.id}/denied/${record.rev}`, policy.backoff);
  const message = `${reason.message}; it served us before, so that may be a limit`;
  return sendPlanLater(record, { ...reason, message }, delayMs, now, policy);
}

/** A connection that is still taken by a piece of the last plan has time to become free. */
function planLater(record: Planning | Transferring, reason: ErrorRecord, now: Instant, policy: DecidePolicy): Outcome {
  const seed = `${record.id}/ladder/${record.rev}`;
  const delayMs = backoffMs(record.planFailures + PATIENT_STEPS, seed, policy.backoff);
  return sendPlanLater(record, reason, delayMs, now, policy);
}
