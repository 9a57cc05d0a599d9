import { reactionTo } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import type { Ending } from '../record/record.ts';
import type { Finalizing } from '../record/states.ts';
import { isLeaving, isPut } from '../record/states.ts';
import { completed, ending } from '../record/transitions.ts';
import { backoffAfter } from '../retry.ts';
import type { CancelInput, DecidePolicy, Input, Outcome } from './decision.ts';
import { MOST_RESTARTS } from './ladder.ts';
import { deadlineExceeded, end, mayFetchInstead, resendWhenQuiet } from './outcomes.ts';

/** A completion may be on its way: success ends it whatever else is wanted, everything else goes through `ending`. */
export function decideFinalizing(
  record: Finalizing,
  inputs: readonly Input[],
  cancel: CancelInput | undefined,
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  for (const input of inputs) {
    if (input.kind === 'finished' && input.planId === record.planId) return end(completed(record, input.result, now));
  }
  if (isLeaving(record)) return { record, commands: [{ kind: 'settle' }] };
  if (cancel !== undefined) return leave(record, 'cancelled', cancel.reason, stated({ actedBy: cancel.actedBy }));
  for (const input of inputs) {
    // A planner that failed after its swap may have sent the put; of an upload, the next tick takes care.
    const isFailure = input.kind === 'unfinished' || (input.kind === 'unplanned' && isPut(record));
    if (isFailure && input.planId === record.planId) return afterFinishFailure(record, input, now, policy);
  }
  if (isLate(record, now) && inputs.some((input) => input.kind === 'tick'))
    return leave(record, 'failed', deadlineExceeded(record));
  return resendWhenQuiet(record, inputs, now, policy, undefined, { kind: 'sendFinish', delayMs: 0 });
}

function isLate(record: Finalizing, now: Instant): boolean {
  return now >= fromIso(record.deadlineAt);
}

type FinishFailure = Extract<Input, { readonly kind: 'unfinished' | 'unplanned' }>;

function afterFinishFailure(record: Finalizing, failure: FinishFailure, now: Instant, policy: DecidePolicy): Outcome {
  const { error } = failure;
  if (failure.kind === 'unfinished' && failure.isRefused === true)
    return leave(record, 'failed', error, { isRefused: true });
  const reaction = reactionTo(error.code);
  const restarts = reaction === 'changed' && record.request.options.onSourceChange === 'restart';
  if (error.code === 'DestinationConflict' || restarts) {
    // 409: S3 wants a new upload and every part again.
    return record.restarts < MOST_RESTARTS
      ? leave({ ...record, restarts: record.restarts + 1 }, 'restart', error)
      : leave(record, 'failed', error);
  }
  if (reaction === 'fetch' && mayFetchInstead(record))
    return leave({ ...record, copyRefused: error.message }, 'restart', error);
  const mayPass = (reaction === 'retry' || reaction === 'wait') && error.code !== 'ChecksumMismatch';
  const planFailures = record.planFailures + (reaction === 'wait' ? 0 : 1);
  if (!mayPass || planFailures >= record.request.options.maxFailures || isLate(record, now)) {
    return leave({ ...record, planFailures }, 'failed', error);
  }
  // A put that a crash cut off can't be sent again, its bytes are gone: plan anew, once it certainly is not there.
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

function leave(
  record: Finalizing,
  to: Ending['to'],
  reason: ErrorRecord,
  more: Pick<Ending, 'isRefused' | 'actedBy'> = {},
): Outcome {
  return { record: ending(record, { to, reason, ...more }), commands: [{ kind: 'settle' }] };
}
