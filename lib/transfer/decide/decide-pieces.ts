import { reactionTo } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import { afterInputs, inFlightOf } from '../loads/loads.ts';
import { notSilent } from '../patience.ts';
import type { LedgerView } from '../plan/ledger.ts';
import { missingBelow } from '../plan/ledger.ts';
import type { PiecesPlan } from '../plan/plan.ts';
import type { Transferring } from '../record/states.ts';
import { completed, failed } from '../record/transitions.ts';
import type { DecidePolicy, Decision, Facts, HostFacts, Input, Outcome } from './decision.ts';
import { afterPieceFailed, afterSourceChange, MOST_RESTARTS } from './ladder.ts';
import {
  deadlineExceeded,
  end,
  overAgain,
  quietEnd,
  toFinalizing,
  withoutLedger,
  withoutRanges,
  withoutServerSideCopy,
} from './outcomes.ts';
import type { CurrentFailure } from './piece-failures.ts';
import { copyRefusal, currentFailures } from './piece-failures.ts';
import { placesByReports } from './places-by-reports.ts';
import { Round } from './round.ts';

/**
 * `transferring` in pieces, in the order of rule 9: ledger complete, deadline, source changed, fatal, retries, new
 * places. Results only wake: what is done, the ledger says; what is in flight follows from it (rule 3).
 */
export function decidePieces(
  before: Transferring<PiecesPlan>,
  facts: Facts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Decision {
  const record = withLoads(hasGiven(before, facts.ledger, inputs) ? notSilent(before) : before, inputs);
  if (facts.ledger === 'unread') return placesByReports(record, facts, inputs, now, policy) ?? { ask: 'ledger' };
  if (facts.ledger === 'gone') return afterUploadGone(record, facts, now);
  if ('error' in facts.ledger) return withoutLedger(record, facts.ledger, now);
  if (wasLost(record, facts.ledger, inputs)) return afterUploadGone(record, facts, now);
  return decideByLedger(record, facts.ledger, facts, inputs, now, policy);
}

/** It takes no part any more, although it is listed: a part that was on its way brought it back (rule 13). */
function wasLost(record: Transferring<PiecesPlan>, ledger: LedgerView, inputs: readonly Input[]): boolean {
  const isSaid = inputs.some((input) => input.kind === 'result' && input.error?.code === 'UploadLost');
  if (!isSaid) return false;
  return currentFailures(record, missingBelow(record.cursor, ledger), inputs).some(
    ({ error }) => error.code === 'UploadLost',
  );
}

/** With what the results say of their loads. */
function withLoads(record: Transferring<PiecesPlan>, inputs: readonly Input[]): Transferring<PiecesPlan> {
  const { loads: before, planId, plan } = record;
  if (before === undefined) return record;
  const said = inputs.filter((input) => input.kind === 'result' || input.kind === 'dead');
  const loads = afterInputs(before, planId, plan.pieceSizeBytes, said);
  return loads === before ? record : { ...record, loads };
}

/** Something of the source has come since it was last waited for. */
function hasGiven({ planId, silentSince }: Transferring, ledger: Facts['ledger'], inputs: readonly Input[]): boolean {
  if (silentSince === undefined) return false;
  const newestPartAt = typeof ledger === 'object' && 'newestPartAt' in ledger ? ledger.newestPartAt : undefined;
  if (newestPartAt !== undefined && fromIso(newestPartAt) > fromIso(silentSince)) return true;
  return inputs.some((input) => input.kind === 'result' && input.planId === planId && input.bytes > 0);
}

/** With the ledger read there is nothing to ask. */
export function decideByLedger(
  record: Transferring<PiecesPlan>,
  ledger: LedgerView,
  host: HostFacts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  const refusal = copyRefusal(record, inputs);
  if (refusal !== undefined) return withoutServerSideCopy(record, refusal, now);
  const missing = missingBelow(record.cursor, ledger);
  if (missing.length === 0 && record.cursor > record.plan.pieceCount)
    return toFinalizing(record, { doneThrough: ledger.doneThrough }, now, policy);
  if (now >= fromIso(record.deadlineAt)) return end(failed(record, deadlineExceeded(record), now));

  const failures = currentFailures(record, missing, inputs);
  for (const { error } of failures) {
    if (reactionTo(error.code) === 'changed') return afterSourceChange(record, error, now, policy);
    if (reactionTo(error.code) === 'stream') return withoutRanges(record, error, now);
    if (reactionTo(error.code) === 'fetch') return end(failed(record, error, now));
  }
  const smaller = withSmallerPieces(record, ledger, failures, now);
  if (smaller !== undefined) return smaller;
  const round = new Round(record, ledger, host, now, policy);
  const ended = answerAll(round, failures, inFlightOf(record.loads, missing), now, policy);
  if (ended !== undefined) return ended;
  const tick = inputs.find((input) => input.kind === 'tick');
  const isQuiet = tick !== undefined && (tick.now === true || now >= quietEnd(record, ledger.newestPartAt, policy));
  if (isQuiet) round.takeBack();
  round.fillPlaces(missing, { isLate: tick !== undefined });
  if (isQuiet) round.resend(missing, { isNoneInFlight: tick.now === true });
  return round.outcome();
}

/** `undefined` = the transfer goes on. */
function answerAll(
  round: Round,
  failures: readonly CurrentFailure[],
  inFlight: readonly number[],
  now: Instant,
  policy: DecidePolicy,
): Outcome | undefined {
  for (const failure of failures) {
    const fatal = round.answer(failure);
    if (fatal !== undefined) return afterPieceFailed(round.record(), fatal, now, policy);
    const impatient = round.outOfPatience(inFlight);
    if (impatient !== undefined) return end(failed(round.record(), impatient, now));
  }
  const tooLong = failures.length > 0 ? undefined : round.waitsTooLong(inFlight);
  return tooLong === undefined ? undefined : end(failed(round.record(), tooLong, now));
}

/**
 * A worker saw that its piece will not be there in time: once more in smaller ones, and no failure, where the
 * destination takes smaller ones and most of the bytes are still to come. Else the piece again, as after any failure.
 */
function withSmallerPieces(
  record: Transferring<PiecesPlan>,
  { doneThrough, done }: LedgerView,
  failures: readonly CurrentFailure[],
  now: Instant,
): Outcome | undefined {
  const { pieceSizeBytes, pieceCount } = record.plan;
  const slow = failures.find(({ error }) => error.code === 'PieceTooSlow');
  const { bytesPerSecond, leastPieceBytes } = slow?.error.details ?? {};
  if (slow === undefined || typeof bytesPerSecond !== 'number' || typeof leastPieceBytes !== 'number') return undefined;
  if (leastPieceBytes >= pieceSizeBytes || 2 * (doneThrough + done.size) >= pieceCount) return undefined;
  // Always less than before, so that the pieces are smaller each time.
  const slowest = Math.min(bytesPerSecond, 0.7 * (record.bytesPerSecond ?? Number.POSITIVE_INFINITY));
  return overAgain({ ...record, bytesPerSecond: slowest }, slow.error, now);
}

/** Rule 13: the upload vanished. It may be our own finished object; else start over once, else it is lost. */
function afterUploadGone(record: Transferring<PiecesPlan>, facts: Facts, now: Instant): Decision {
  if (facts.object === 'unasked') return { ask: 'object' };
  if (facts.object === 'ours')
    return end(completed(record, { sizeBytes: record.plan.sizeBytes, version: 'validator', digests: {} }, now));
  const reason: ErrorRecord = {
    code: 'UploadLost',
    message:
      'the multipart upload vanished at the destination (aborted by another program, or by a lifecycle rule that is too short)',
  };
  // It goes on being looked after: parts that were on their way may land even now, and bring it back (rule 14).
  if (record.restarts >= MOST_RESTARTS) return end(failed(record, reason, now));
  return overAgain({ ...record, restarts: record.restarts + 1 }, reason, now);
}
