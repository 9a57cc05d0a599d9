import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import { isOfSource, outOfPatience, silentFrom } from '../patience.ts';
import type { TransferRecord } from '../record/record.ts';
import type { Open, Over, Planning, Transferring } from '../record/states.ts';
import { beginFinalizing, failed, startedOver } from '../record/transitions.ts';
import type { Command, DecidePolicy, Input, Outcome, UnreadableLedger } from './decision.ts';

/** Outcomes that more than one state comes to. */

/** Ranges don't work after all: once more as a stream (architecture, "Distrusting a range"). */
export function withoutRanges(record: Planning | Transferring, reason: ErrorRecord, now: Instant): Outcome {
  if (record.withoutRanges === true) return end(failed(record, reason, now));
  return overAgain({ ...record, withoutRanges: true }, reason, now);
}

/** The store does not copy by itself after all: once more, with the bytes through us. */
export function withoutServerSideCopy(record: Planning | Transferring, reason: ErrorRecord, now: Instant): Outcome {
  if (!mayFetchInstead(record)) return end(failed(record, reason, now));
  return overAgain({ ...record, copyRefused: reason.message }, reason, now);
}

export function mayFetchInstead({ request, copyRefused }: TransferRecord): boolean {
  return request.options.serverSideCopy !== 'always' && copyRefused === undefined;
}

/** Nothing can be decided without the ledger: a destination that does not show it can't be worked with. */
export function withoutLedger(record: Transferring, { error, isRefused }: UnreadableLedger, now: Instant): Outcome {
  return end(failed(record, isRefused ? error : deadlineExceeded(record), now));
}

export function overAgain(record: Planning | Transferring, reason: ErrorRecord, now: Instant): Outcome {
  return {
    record: startedOver(record, now),
    commands: [
      { kind: 'emit', event: { type: 'restarted', transferId: record.id, reason } },
      { kind: 'sendPlan', delayMs: 0 },
      { kind: 'settle' },
    ],
  };
}

/** Planned once more after a wait, which the record tells of; or the end, where patience with the source is used up. */
export function sendPlanLater(
  before: Planning | Transferring,
  error: ErrorRecord,
  delayMs: number,
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  const record = isOfSource(error) ? silentFrom(before, now) : before;
  const impatient = outOfPatience(record, error, { delayMs, now }, policy);
  if (impatient !== undefined) return end(failed(record, impatient, now));
  const { since = toIso(now), tries = 0 } = record.waiting ?? {};
  const waiting = { reason: error, since, nextTryAt: toIso(now + delayMs), tries: tries + 1 };
  return {
    record: { ...record, requeues: record.requeues + 1, quietUntil: toIso(now + delayMs + policy.quietMs), waiting },
    commands: [
      {
        kind: 'emit',
        event: { type: 'retrying', transferId: record.id, reason: error, delayMs, since, tries: tries + 1 },
      },
      { kind: 'sendPlan', delayMs },
    ],
  };
}

/** The ledger is the plan, or the stream is at its end. */
export function toFinalizing(
  record: Transferring,
  last: Parameters<typeof beginFinalizing>[1],
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  return {
    record: beginFinalizing(record, last, now + policy.quietMs),
    commands: [
      { kind: 'emit', event: { type: 'finalizing', transferId: record.id } },
      { kind: 'sendFinish', delayMs: 0 },
    ],
  };
}

export function end(record: Over): Outcome {
  return { record, commands: [{ kind: 'settle' }] };
}

/** A tick sends again what may be lost, at doubling intervals: a backlog must not multiply its messages (rule 7). */
export function resendWhenQuiet(
  record: Open,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
  newestPartAt: string | undefined,
  command: Command,
): Outcome {
  const tick = inputs.find((input) => input.kind === 'tick');
  if (tick === undefined) return { record, commands: [] };
  // What an earlier restart left to abort is looked after whatever else happens.
  const settle: readonly Command[] =
    record.toAbort.length > 0 || record.creating.length > 0 ? [{ kind: 'settle' }] : [];
  if (tick.now !== true && now < quietEnd(record, newestPartAt, policy)) return { record, commands: settle };
  return { record: quieter(record, now, policy), commands: [command, ...settle] };
}

/** When the quiet time is over: a part that landed since counts as a sign of life. */
export function quietEnd(record: Open, newestPartAt: string | undefined, policy: DecidePolicy): Instant {
  const moved = newestPartAt === undefined ? 0 : fromIso(newestPartAt) + policy.quietMs;
  return Math.max(fromIso(record.quietUntil), moved);
}

/** One more repetition: the next one waits twice as long. */
export function quieter<R extends Open>(record: R, now: Instant, policy: DecidePolicy): R {
  const requeues = record.requeues + 1;
  return {
    ...record,
    requeues,
    quietUntil: toIso(now + Math.min(policy.quietMs * 2 ** Math.min(requeues, 20), policy.quietCapMs)),
  };
}

export function deadlineExceeded(record: Open): ErrorRecord {
  return {
    code: 'DeadlineExceeded',
    message: `the transfer of ${record.request.source.url} did not end before its deadline (${record.deadlineAt}); retry it, or give it a longer --deadline`,
  };
}
