import { reactionTo } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import type { PieceTask } from '../messages.ts';
import type { LedgerView } from '../plan/ledger.ts';
import { NO_PIECES, pieceSet, piecesIn } from '../plan/piece-set.ts';
import type { TransferRecord, Trouble } from '../record/record.ts';
import { attemptOf } from '../record/record.ts';
import { completed, failed } from '../record/transitions.ts';
import { backoffAfter, waitMs } from '../retry.ts';
import type { Command, DecidePolicy, Decision, Facts, HostFacts, Input, Outcome } from './decision.ts';
import {
  afterSourceChange,
  deadlineExceeded,
  end,
  mayFetchInstead,
  overAgain,
  quietEnd,
  quieter,
  toFinalizing,
  withoutRanges,
  withoutServerSideCopy,
} from './outcomes.ts';

/**
 * `transferring` in pieces, in the order of rule 9: ledger complete, deadline, source changed, fatal, retries, new places.
 * Results only wake: what is done, the ledger says; what is in flight follows from it (rule 3).
 */
export function decidePieces(
  record: TransferRecord,
  facts: Facts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Decision {
  if (facts.ledger === 'unread') return placesByReports(record, facts, inputs, now, policy) ?? { ask: 'ledger' };
  if (facts.ledger === 'gone') return afterUploadGone(record, facts, now);
  return decideByLedger(record, facts.ledger, facts, inputs, now, policy);
}

/** With the ledger read there is nothing to ask. */
export function decideByLedger(
  record: TransferRecord,
  ledger: LedgerView,
  host: HostFacts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Outcome {
  const refusal = copyRefusal(record, inputs);
  if (refusal !== undefined) return withoutServerSideCopy(record, refusal, now);
  const missing = missingPieces(record, ledger);
  if (missing.length === 0 && record.cursor > pieceCount(record))
    return toFinalizing({ ...record, doneThrough: ledger.doneThrough }, now, policy);
  if (now >= fromIso(record.deadlineAt)) return end(failed(record, deadlineExceeded(record), now));

  const failures = currentFailures(record, missing, inputs);
  for (const { error } of failures) {
    if (reactionTo(error.code) === 'changed') return afterSourceChange(record, error, now);
    if (reactionTo(error.code) === 'stream') return withoutRanges(record, error, now);
    if (reactionTo(error.code) === 'fetch') return end(failed(record, error, now));
  }
  const round = new Round(record, ledger, host, now, policy);
  for (const failure of failures) {
    const fatal = round.answer(failure);
    if (fatal !== undefined) return end(failed(round.record(), fatal, now));
  }
  round.fillPlaces(missing);
  const tick = inputs.find((input) => input.kind === 'tick');
  if (tick !== undefined && (tick.now === true || now >= quietEnd(record, ledger.newestPartAt, policy)))
    round.resend(missing);
  return round.outcome();
}

/**
 * The usual batch, of nothing but pieces that came, needs no reading: a part that landed stays, so what results said so far is in the
 * record, and gives their places to the next pieces. A set is not a counter: a duplicate changes nothing, and a result that got lost only
 * leaves a place empty until the ledger is read. `undefined` = read it: at the end, at any failure, at a tick, and where the places that
 * are free by the reports are fewer than the pieces that just came.
 */
function placesByReports(
  record: TransferRecord,
  facts: Facts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Outcome | undefined {
  if (now >= fromIso(record.deadlineAt)) return undefined;
  const before = new Set(piecesIn(record.reported ?? NO_PIECES));
  const done = new Set(before);
  for (const input of inputs) {
    if (input.kind !== 'result' || input.outcome !== 'done') return undefined;
    if (input.planId === record.planId && input.pieceNumber > record.doneThrough) done.add(input.pieceNumber);
  }
  const ledger: LedgerView = { doneThrough: record.doneThrough, done };
  const round = new Round(record, ledger, facts, now, policy);
  round.fillPlaces(missingPieces(record, ledger));
  return round.sentCount > 0 && round.sentCount >= done.size - before.size ? round.outcome() : undefined;
}

/** One decision in the making: what is sent, and what the record has to say about it. */
class Round {
  readonly #before: TransferRecord;
  readonly #ledger: LedgerView;
  readonly #host: HostFacts;
  readonly #now: Instant;
  readonly #policy: DecidePolicy;
  readonly #trouble: Record<string, Trouble>;
  readonly #tasks: { task: PieceTask; delayMs: number }[] = [];
  readonly #commands: Command[] = [];
  #cursor: number;
  #changed = false;
  #repeated = false;

  constructor(record: TransferRecord, ledger: LedgerView, host: HostFacts, now: Instant, policy: DecidePolicy) {
    this.#before = record;
    this.#ledger = ledger;
    this.#host = host;
    this.#now = now;
    this.#policy = policy;
    this.#cursor = record.cursor;
    this.#trouble = Object.fromEntries(
      Object.entries(record.trouble).filter(([number]) => !isInLedger(ledger, Number(number))),
    );
  }

  /** One failure, one answer: the piece again from scratch, after a wait. Returns the error that ends the transfer instead. */
  answer({ pieceNumber, error }: CurrentFailure): ErrorRecord | undefined {
    const before: Trouble = this.#trouble[String(pieceNumber)] ?? {
      attempt: 1,
      failures: 0,
      waits: 0,
      code: error.code,
    };
    const reaction = reactionTo(error.code);
    if (reaction === 'fail') return error;
    const waits = before.waits + (reaction === 'wait' ? 1 : 0);
    const failures = before.failures + (reaction === 'wait' ? 0 : 1);
    const twiceWrong = error.code === 'ChecksumMismatch' && before.code === 'ChecksumMismatch' && before.failures > 0;
    if (failures >= this.#before.request.options.maxFailures || twiceWrong) return afterAttempts(error, failures);
    const seed = `${this.#before.id}/${pieceNumber}/${before.attempt}`;
    const retryAfterMs = error.details?.retryAfterMs;
    const delayMs =
      reaction === 'wait'
        ? waitMs(waits, seed, retryAfterMs, this.#policy.backoff)
        : backoffAfter(error.code, failures, seed, this.#policy.backoff);
    // What was only put off until the host opens does not close it for longer.
    const isAsked = error.code === 'SourceBusy' && error.details?.['postponed'] !== true;
    if (retryAfterMs !== undefined && isAsked)
      this.#commands.push({ kind: 'closeHost', until: this.#now + retryAfterMs });
    const attempt = before.attempt + 1;
    this.#trouble[String(pieceNumber)] = {
      attempt,
      failures,
      waits,
      code: error.code,
      notBefore: toIso(this.#now + delayMs),
    };
    this.#changed = true;
    this.#send(pieceNumber, delayMs);
    this.#commands.push({
      kind: 'emit',
      event: { type: 'piece.requeued', transferId: this.#before.id, pieceNumber, attempt, delayMs, error },
    });
    return undefined;
  }

  /** New pieces into free places. What an earlier run brought is skipped. */
  fillPlaces(missing: readonly number[]): void {
    const count = pieceCount(this.#before);
    let free = this.#host.places - missing.length;
    const closedForMs = Math.max(0, (this.#host.hostClosedUntil ?? 0) - this.#now);
    for (let next = this.#cursor; next <= count; next += 1) {
      const isDone = isInLedger(this.#ledger, next);
      if (!isDone && free < 1) return;
      if (!isDone) {
        free -= 1;
        this.#send(next, closedForMs);
      } else if (missing.length > 0) {
        // Passing what is done is no reason to write; the next piece that is sent takes the cursor along.
        continue;
      }
      this.#cursor = next + 1;
      this.#changed = true;
    }
  }

  get sentCount(): number {
    return this.#tasks.length;
  }

  /**
   * Nothing moved for the quiet time: whatever is in flight may be lost. Same attempt, so that no answer is taken for a duplicate
   * (rule 6). What was answered in this decision waits for its time as well.
   */
  resend(missing: readonly number[]): void {
    for (const pieceNumber of missing) {
      const notBefore = this.#trouble[String(pieceNumber)]?.notBefore;
      if (notBefore !== undefined && fromIso(notBefore) > this.#now) continue;
      this.#send(pieceNumber, 0);
      this.#repeated = true;
    }
  }

  record(): TransferRecord {
    const next: TransferRecord = {
      ...this.#before,
      trouble: this.#trouble,
      cursor: this.#cursor,
      doneThrough: this.#ledger.doneThrough,
      reported: pieceSet(0, this.#ledger.done),
    };
    if (this.#repeated && !this.#changed) return quieter(next, this.#now, this.#policy);
    return { ...next, requeues: 0, quietUntil: toIso(this.#now + this.#policy.quietMs) };
  }

  outcome(): Outcome {
    // Everything in the ledger already, but an earlier record did not know it.
    if (
      this.#cursor > pieceCount(this.#before) &&
      missingPieces({ ...this.#before, cursor: this.#cursor }, this.#ledger).length === 0
    ) {
      return toFinalizing(
        { ...this.#before, cursor: this.#cursor, doneThrough: this.#ledger.doneThrough },
        this.#now,
        this.#policy,
      );
    }
    const before = this.#before;
    const settle: readonly Command[] = before.toAbort.length > 0 ? [{ kind: 'settle' }] : [];
    if (!this.#changed && !this.#repeated) return { record: before, commands: settle };
    const send: readonly Command[] = this.#tasks.length > 0 ? [{ kind: 'sendPieces', tasks: this.#tasks }] : [];
    return { record: this.record(), commands: [...this.#commands, ...send, ...settle] };
  }

  #send(pieceNumber: number, delayMs: number): void {
    const { id, planId } = this.#before;
    if (planId === undefined) return;
    const attempt = this.#trouble[String(pieceNumber)]?.attempt ?? 1;
    this.#tasks.push({ task: { kind: 'piece', v: 1, transferId: id, planId, pieceNumber, attempt }, delayMs });
  }
}

/** Holds of every part of the plan: also of one that the store put into the ledger, since what it says of that can't be relied on. */
function copyRefusal(record: TransferRecord, inputs: readonly Input[]): ErrorRecord | undefined {
  if (!mayFetchInstead(record)) return undefined;
  for (const input of inputs) {
    if (input.kind !== 'result' || input.planId !== record.planId || input.error === undefined) continue;
    if (reactionTo(input.error.code) === 'fetch') return input.error;
  }
  return undefined;
}

interface CurrentFailure {
  readonly pieceNumber: number;
  readonly error: ErrorRecord;
}

/** Rule 4: a failure counts once, and only if plan and attempt are current and the piece is not done after all. */
function currentFailures(
  record: TransferRecord,
  missing: readonly number[],
  inputs: readonly Input[],
): readonly CurrentFailure[] {
  const open = new Set(missing);
  const failures: CurrentFailure[] = [];
  for (const input of inputs) {
    const task = failedTask(input);
    if (task === undefined) continue;
    const { planId, pieceNumber, attempt } = task;
    if (planId !== record.planId || attempt !== attemptOf(record, pieceNumber) || !open.delete(pieceNumber)) continue;
    const told = input.kind === 'result' ? input.error : undefined;
    failures.push({ pieceNumber, error: told ?? workerDied(record, pieceNumber) });
  }
  return failures;
}

function failedTask(input: Input): Pick<PieceTask, 'planId' | 'pieceNumber' | 'attempt'> | undefined {
  if (input.kind === 'dead') return input.task;
  return input.kind === 'result' && input.outcome === 'failed' ? input : undefined;
}

/** Nobody was left to say why; the function's log does. */
function workerDied({ request }: TransferRecord, pieceNumber: number): ErrorRecord {
  return {
    code: 'WorkerDied',
    message:
      `each worker that fetched piece ${pieceNumber} of ${request.source.url} died: out of memory, cut off at its time-out, or killed. ` +
      "The fetcher's log says which; retry the transfer, or start it anew with a smaller piece size, or give the fetcher more memory or time",
  };
}

function afterAttempts(error: ErrorRecord, failures: number): ErrorRecord {
  return failures > 1 ? { ...error, message: `${error.message} (after ${failures} attempts)` } : error;
}

/** Pieces that were sent and are not in the ledger: exactly what may be in flight. */
function missingPieces(record: TransferRecord, ledger: LedgerView): readonly number[] {
  const missing: number[] = [];
  for (let number = ledger.doneThrough + 1; number < record.cursor; number += 1) {
    if (!ledger.done.has(number)) missing.push(number);
  }
  return missing;
}

function isInLedger(ledger: LedgerView, pieceNumber: number): boolean {
  return pieceNumber <= ledger.doneThrough || ledger.done.has(pieceNumber);
}

function pieceCount(record: TransferRecord): number {
  return record.plan?.mode === 'pieces' ? record.plan.pieceCount : 0;
}

/** Rule 13: the upload vanished. It may be our own finished object; else start over once, else it is lost. */
function afterUploadGone(record: TransferRecord, facts: Facts, now: Instant): Decision {
  if (facts.object === 'unasked') return { ask: 'object' };
  if (facts.object === 'ours') {
    const sizeBytes = record.plan?.sizeBytes ?? 0;
    return end(completed(record, { sizeBytes, version: 'validator', digests: {} }, now));
  }
  const reason: ErrorRecord = {
    code: 'UploadLost',
    message:
      'the multipart upload vanished at the destination (aborted by somebody else, or by a lifecycle rule that is too short)',
  };
  // It goes on being looked after: parts that were on their way may land even now, and bring it back (rule 14).
  if (record.restarts >= 1) return end(failed(record, reason, now));
  return overAgain({ ...record, restarts: record.restarts + 1 }, reason, now);
}
