import type { ErrorRecord } from '../../errors/error.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import { mayBeLimit } from '../denial.ts';
import type { PieceTask } from '../messages.ts';
import { allWait, allWaitTooLong, isOfSource, outOfPatience } from '../patience.ts';
import type { LedgerView } from '../plan/ledger.ts';
import { isInLedger, missingBelow } from '../plan/ledger.ts';
import { pieceSet } from '../plan/piece-set.ts';
import type { PiecesPlan } from '../plan/plan.ts';
import type { TransferRecord, Trouble } from '../record/record.ts';
import type { Transferring } from '../record/states.ts';
import type { Command, DecidePolicy, HostFacts, Outcome } from './decision.ts';
import { quieter, toFinalizing } from './outcomes.ts';
import type { CurrentFailure } from './piece-failures.ts';
import { answerTo } from './piece-failures.ts';

/** One decision in the making: what is sent, and what the record has to say about it. */
export class Round {
  readonly #before: Transferring<PiecesPlan>;
  readonly #ledger: LedgerView;
  readonly #host: HostFacts;
  readonly #now: Instant;
  readonly #policy: DecidePolicy;
  readonly #trouble: Record<string, Trouble>;
  readonly #tasks: { task: PieceTask; delayMs: number }[] = [];
  readonly #commands: Command[] = [];
  #silentSince: string | undefined;
  /** Of the last failure of the source that is to be tried again. */
  #lastTry: { readonly error: ErrorRecord; readonly delayMs: number } | undefined;
  #cursor: number;
  #changed = false;
  #repeated = false;

  constructor(
    record: Transferring<PiecesPlan>,
    ledger: LedgerView,
    host: HostFacts,
    now: Instant,
    policy: DecidePolicy,
  ) {
    this.#before = record;
    this.#ledger = ledger;
    this.#host = host;
    this.#now = now;
    this.#policy = policy;
    this.#cursor = record.cursor;
    this.#silentSince = record.silentSince;
    this.#trouble = Object.fromEntries(
      Object.entries(record.trouble).filter(([number]) => !isInLedger(ledger, Number(number))),
    );
  }

  /** One failure, one answer. Returns the error that ends the transfer instead. */
  answer(failure: CurrentFailure): ErrorRecord | undefined {
    const { id, request } = this.#before;
    const isLimit = mayBeLimit(failure.error) && this.#isAtTheLastConnection();
    const answer = answerTo(failure, { id, request, trouble: this.#trouble, isLimit }, this.#now, this.#policy.backoff);
    if ('fatal' in answer) return answer.fatal;
    const { trouble, delayMs, closesHostForMs } = answer;
    const { pieceNumber, error } = failure;
    if (closesHostForMs !== undefined) this.#commands.push({ kind: 'closeHost', until: this.#now + closesHostForMs });
    this.#trouble[String(pieceNumber)] = trouble;
    if (isOfSource(error)) {
      this.#silentSince ??= toIso(this.#now);
      this.#lastTry = { error, delayMs };
    }
    this.#changed = true;
    this.#send(pieceNumber, delayMs);
    const { attempt } = trouble;
    this.#commands.push({
      kind: 'emit',
      event: { type: 'piece.requeued', transferId: id, pieceNumber, attempt, delayMs, error },
    });
    return undefined;
  }

  /** The error that ends the transfer because the source has given nothing for too long, and no piece may be coming. */
  outOfPatience(missing: readonly number[]): ErrorRecord | undefined {
    if (this.#lastTry === undefined) return undefined;
    const { error, delayMs } = this.#lastTry;
    const impatient = outOfPatience(this.#waiting, error, { delayMs, now: this.#now }, this.#policy);
    return impatient !== undefined && allWait(missing, this.#trouble, this.#now) ? impatient : undefined;
  }

  /** The same where nothing failed in this round. */
  waitsTooLong(missing: readonly number[]): ErrorRecord | undefined {
    return allWaitTooLong(this.#waiting, missing, this.#trouble, this.#now, this.#policy);
  }

  /** What is known of the source's silence by now. */
  get #waiting(): Pick<TransferRecord, 'request' | 'silentSince'> {
    return { request: this.#before.request, ...stated({ silentSince: this.#silentSince }) };
  }

  /** New pieces into free places. What an earlier run brought is skipped. */
  fillPlaces(missing: readonly number[]): void {
    const count = this.#before.plan.pieceCount;
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
   * Nothing moved for the quiet time: whatever is in flight may be lost. Same attempt, so that no answer is taken for a
   * duplicate (rule 6). What was answered in this decision waits for its time as well.
   */
  resend(missing: readonly number[]): void {
    for (const pieceNumber of missing) {
      const notBefore = this.#trouble[String(pieceNumber)]?.notBefore;
      if (notBefore !== undefined && fromIso(notBefore) > this.#now) continue;
      this.#send(pieceNumber, 0);
      this.#repeated = true;
    }
  }

  record(): Transferring<PiecesPlan> {
    const next: Transferring<PiecesPlan> = {
      ...this.#before,
      trouble: this.#trouble,
      ...stated({ silentSince: this.#silentSince }),
      cursor: this.#cursor,
      doneThrough: this.#ledger.doneThrough,
      reported: pieceSet(0, this.#ledger.done),
    };
    if (this.#repeated && !this.#changed) return quieter(next, this.#now, this.#policy);
    return { ...next, requeues: 0, quietUntil: toIso(this.#now + this.#policy.quietMs) };
  }

  outcome(): Outcome {
    const before = this.#before;
    // Everything in the ledger already, but an earlier record did not know it.
    if (this.#cursor > before.plan.pieceCount && missingBelow(this.#cursor, this.#ledger).length === 0) {
      const last = { cursor: this.#cursor, doneThrough: this.#ledger.doneThrough };
      return toFinalizing(before, last, this.#now, this.#policy);
    }
    const settle: readonly Command[] = before.toAbort.length > 0 ? [{ kind: 'settle' }] : [];
    if (!this.#changed && !this.#repeated) return { record: before, commands: settle };
    const send: readonly Command[] = this.#tasks.length > 0 ? [{ kind: 'sendPieces', tasks: this.#tasks }] : [];
    return { record: this.record(), commands: [...this.#commands, ...send, ...settle] };
  }

  /** With fewer, nothing would be asked; and ranges were served. Before that, the ladder asks for fewer at a time. */
  #isAtTheLastConnection(): boolean {
    const { narrowedTo, request } = this.#before;
    const { doneThrough, done } = this.#ledger;
    return (narrowedTo ?? request.options.parallelism) === 1 && doneThrough + done.size > 0;
  }

  #send(pieceNumber: number, delayMs: number): void {
    const { id, planId } = this.#before;
    const attempt = this.#trouble[String(pieceNumber)]?.attempt ?? 1;
    this.#tasks.push({ task: { kind: 'piece', v: 1, transferId: id, planId, pieceNumber, attempt }, delayMs });
  }
}
