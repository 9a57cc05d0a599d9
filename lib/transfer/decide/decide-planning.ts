import { reactionTo } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import type { StreamPlan } from '../plan/plan.ts';
import type { Accepted, Planning, Transferring } from '../record/states.ts';
import { failed } from '../record/transitions.ts';
import { backoffAfter, backoffMs, waitMs } from '../retry.ts';
import type { DecidePolicy, Decision, Facts, Input, Outcome } from './decision.ts';
import { afterSourceChange, afterTurnedAway } from './ladder.ts';
import {
  deadlineExceeded,
  end,
  resendWhenQuiet,
  sendPlanLater,
  toFinalizing,
  withoutLedger,
  withoutRanges,
  withoutServerSideCopy,
} from './outcomes.ts';

/** `accepted` and `planning`: the planner is at work, or its message is lost. */
export function decidePlanning(
  record: Accepted | Planning,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  if (now >= fromIso(record.deadlineAt)) return end(failed(record, deadlineExceeded(record), now));
  for (const input of inputs) {
    // An accepted record can still carry the plan id of an earlier run.
    if (input.kind === 'unplanned' && record.status === 'planning' && input.planId === record.planId)
      return afterPlanFailure(record, input.error, now, policy);
  }
  return resendWhenQuiet(record, inputs, now, policy, undefined, { kind: 'sendPlan', delayMs: 0 });
}

/** A stream has no pieces to send; it ends, fails, or its worker died and another takes over. */
export function decideStream(
  record: Transferring<StreamPlan>,
  facts: Facts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Decision {
  for (const input of inputs) {
    if (input.kind === 'streamed' && input.planId === record.planId)
      return toFinalizing(record, { plan: input.plan, proved: input.proved }, now, policy);
  }
  if (now >= fromIso(record.deadlineAt)) return end(failed(record, deadlineExceeded(record), now));
  for (const input of inputs) {
    if (input.kind === 'unplanned' && input.planId === record.planId)
      return afterPlanFailure(record, input.error, now, policy);
  }
  const tick = inputs.find((input) => input.kind === 'tick');
  if (tick === undefined) return { record, commands: [] };
  if (facts.ledger === 'unread' && tick.now !== true) return { ask: 'ledger' };
  if (typeof facts.ledger === 'object' && 'error' in facts.ledger) return withoutLedger(record, facts.ledger, now);
  const newestPartAt = typeof facts.ledger === 'object' ? facts.ledger.newestPartAt : undefined;
  return resendWhenQuiet(record, inputs, now, policy, newestPartAt, { kind: 'sendPlan', delayMs: 0 });
}

function afterPlanFailure(
  record: Planning | Transferring,
  error: ErrorRecord,
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  const turnedAway = afterTurnedAway(record, error, now, policy);
  if (turnedAway !== undefined) return turnedAway;
  const seed = `${record.id}/plan/${record.planFailures}/${record.requeues}`;
  switch (reactionTo(error.code)) {
    case 'wait': {
      const delayMs = waitMs(record.requeues + 1, seed, error.details?.retryAfterMs, policy.backoff);
      return sendPlanLater(record, error, delayMs, now, policy);
    }
    case 'retry': {
      const planFailures = record.planFailures + 1;
      const next = { ...record, planFailures };
      if (planFailures >= record.request.options.maxFailures) return end(failed(next, error, now));
      const delayMs = isLikelyMisspelt(record, error)
        ? backoffMs(planFailures, seed, policy.backoff)
        : backoffAfter(error.code, planFailures, seed, policy.backoff);
      return sendPlanLater(next, error, delayMs, now, policy);
    }
    case 'changed':
      return afterSourceChange(record, error, now, policy);
    case 'stream':
      return withoutRanges(record, error, now);
    case 'fetch':
      return withoutServerSideCopy(record, error, now);
    case 'fail':
      return end(failed(record, error, now));
  }
}

/** A name or an endpoint that never answered is more likely misspelt than away for a while. */
function isLikelyMisspelt(record: Planning | Transferring, error: ErrorRecord): boolean {
  return record.snapshot === undefined && error.code !== 'SourceRefused';
}
