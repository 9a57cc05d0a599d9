import { reactionTo } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import type { TransferRecord } from '../record/record.ts';
import { isOver } from '../record/record.ts';
import { cancelled, completed, failed } from '../record/transitions.ts';
import { backoffAfter, backoffMs, waitMs } from '../retry.ts';
import { decidePieces } from './decide-pieces.ts';
import type { DecidePolicy, Decision, Facts, Input, Outcome } from './decision.ts';
import {
  afterSourceChange,
  deadlineExceeded,
  end,
  leave,
  mayFetchInstead,
  resendWhenQuiet,
  toFinalizing,
  withoutRanges,
  withoutServerSideCopy,
} from './outcomes.ts';

/**
 * What the finalizer does, as one pure function: the record as it is, what was read of the world, what came in, the time →
 * the record as it is to be, and what is to be done once that is stored.
 *
 * Called again with one more fact when it asks for one. Inputs of an older plan and results that are already answered
 * change nothing, so any message may be lost, repeated or late (protocol §3).
 */
export function decide(
  record: TransferRecord,
  facts: Facts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Decision {
  if (isOver(record))
    return { record, commands: inputs.some((input) => input.kind === 'tick') ? [{ kind: 'settle' }] : [] };
  const cancel = inputs.find((input) => input.kind === 'cancel');
  switch (record.status) {
    case 'finalizing':
      return decideFinalizing(record, inputs, cancel?.reason, now, policy);
    case 'transferring':
      if (cancel !== undefined) return end(cancelled(record, cancel.reason, now));
      return record.plan?.mode === 'pieces'
        ? decidePieces(record, facts, inputs, now, policy)
        : decideStream(record, facts, inputs, now, policy);
    default:
      if (cancel !== undefined) return end(cancelled(record, cancel.reason, now));
      return decidePlanning(record, inputs, now, policy);
  }
}

/** `accepted` and `planning`: the planner is at work, or its message is lost. */
function decidePlanning(record: TransferRecord, inputs: readonly Input[], now: Instant, policy: DecidePolicy): Outcome {
  if (now >= fromIso(record.deadlineAt)) return end(failed(record, deadlineExceeded(record), now));
  for (const input of inputs) {
    // An accepted record can still carry the plan id of an earlier run.
    if (input.kind === 'unplanned' && record.status === 'planning' && input.planId === record.planId)
      return afterPlanFailure(record, input.error, now, policy);
  }
  return resendWhenQuiet(record, inputs, now, policy, undefined, { kind: 'sendPlan', delayMs: 0 });
}

/** A stream has no pieces to send; it ends, fails, or its worker died and another takes over. */
function decideStream(
  record: TransferRecord,
  facts: Facts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Decision {
  for (const input of inputs) {
    if (input.kind === 'streamed' && input.planId === record.planId)
      return toFinalizing({ ...record, plan: input.plan, proved: input.proved }, now, policy);
  }
  if (now >= fromIso(record.deadlineAt)) return end(failed(record, deadlineExceeded(record), now));
  for (const input of inputs) {
    if (input.kind === 'unplanned' && input.planId === record.planId)
      return afterPlanFailure(record, input.error, now, policy);
  }
  const tick = inputs.find((input) => input.kind === 'tick');
  if (tick === undefined) return { record, commands: [] };
  if (facts.ledger === 'unread' && tick.now !== true) return { ask: 'ledger' };
  const newestPartAt = typeof facts.ledger === 'object' ? facts.ledger.newestPartAt : undefined;
  return resendWhenQuiet(record, inputs, now, policy, newestPartAt, { kind: 'sendPlan', delayMs: 0 });
}

function decideFinalizing(
  record: TransferRecord,
  inputs: readonly Input[],
  cancel: ErrorRecord | undefined,
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  for (const input of inputs) {
    if (input.kind === 'finished' && input.planId === record.planId) return end(completed(record, input.result, now));
  }
  if (record.ending !== undefined) return { record, commands: [{ kind: 'settle' }] };
  if (cancel !== undefined) return leave(record, 'cancelled', cancel);
  for (const input of inputs) {
    if (input.kind === 'unfinished' && input.planId === record.planId)
      return afterFinishFailure(record, input.error, now, policy);
  }
  if (now >= fromIso(record.deadlineAt) && inputs.some((input) => input.kind === 'tick'))
    return leave(record, 'failed', deadlineExceeded(record));
  return resendWhenQuiet(record, inputs, now, policy, undefined, { kind: 'sendFinish', delayMs: 0 });
}

function afterPlanFailure(record: TransferRecord, error: ErrorRecord, now: Instant, policy: DecidePolicy): Outcome {
  const seed = `${record.id}/plan/${record.planFailures}/${record.requeues}`;
  switch (reactionTo(error.code)) {
    case 'wait':
      return sendPlanLater(
        record,
        error,
        waitMs(record.requeues + 1, seed, error.details?.retryAfterMs, policy.backoff),
        now,
        policy,
      );
    case 'retry': {
      const planFailures = record.planFailures + 1;
      if (planFailures >= record.request.options.maxFailures)
        return end(failed({ ...record, planFailures }, error, now));
      return sendPlanLater(
        { ...record, planFailures },
        error,
        isLikelyMisspelt(record, error)
          ? backoffMs(planFailures, seed, policy.backoff)
          : backoffAfter(error.code, planFailures, seed, policy.backoff),
        now,
        policy,
      );
    }
    case 'changed':
      return afterSourceChange(record, error, now);
    case 'stream':
      return withoutRanges(record, error, now);
    case 'fetch':
      return withoutServerSideCopy(record, error, now);
    case 'fail':
      return end(failed(record, error, now));
  }
}

/** A name or an endpoint that nobody was ever met at is more likely misspelt than away for a while. */
function isLikelyMisspelt(record: TransferRecord, error: ErrorRecord): boolean {
  return record.snapshot === undefined && error.code !== 'SourceRefused';
}

function sendPlanLater(
  record: TransferRecord,
  error: ErrorRecord,
  delayMs: number,
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  return {
    record: { ...record, requeues: record.requeues + 1, quietUntil: toIso(now + delayMs + policy.quietMs) },
    commands: [
      { kind: 'emit', event: { type: 'retrying', transferId: record.id, reason: error, delayMs } },
      { kind: 'sendPlan', delayMs },
    ],
  };
}

function afterFinishFailure(record: TransferRecord, error: ErrorRecord, now: Instant, policy: DecidePolicy): Outcome {
  const reaction = reactionTo(error.code);
  const restarts = reaction === 'changed' && record.request.options.onSourceChange === 'restart';
  if (error.code === 'DestinationConflict' || restarts) {
    // 409: S3 wants a new upload and every part again.
    return record.restarts < 1
      ? leave({ ...record, restarts: record.restarts + 1 }, 'restart', error)
      : leave(record, 'failed', error);
  }
  if (reaction === 'fetch' && mayFetchInstead(record))
    return leave({ ...record, copyRefused: error.message }, 'restart', error);
  const mayPass = (reaction === 'retry' || reaction === 'wait') && error.code !== 'ChecksumMismatch';
  const planFailures = record.planFailures + (reaction === 'wait' ? 0 : 1);
  if (!mayPass || planFailures >= record.request.options.maxFailures || now >= fromIso(record.deadlineAt)) {
    return leave({ ...record, planFailures }, 'failed', error);
  }
  // A put that a crash cut off can't be sent again, its bytes are gone: plan anew, once it is sure that it did not land.
  if (error.code === 'PutLost') return leave({ ...record, planFailures }, 'restart', error);
  const delayMs = backoffAfter(
    error.code,
    record.requeues + 1,
    `${record.id}/finish/${record.requeues}`,
    policy.backoff,
  );
  return {
    record: {
      ...record,
      planFailures,
      requeues: record.requeues + 1,
      quietUntil: toIso(now + delayMs + policy.quietMs),
    },
    commands: [
      { kind: 'emit', event: { type: 'retrying', transferId: record.id, reason: error, delayMs } },
      { kind: 'sendFinish', delayMs },
    ],
  };
}
