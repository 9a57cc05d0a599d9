import type { ErrorRecord } from '../../errors/error.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import { mayBeLimit } from '../denial.ts';
import type { Load, Loads } from '../loads/loads.ts';
import { connectionsOf, inFlightOf, NO_LOADS, withLoad, withoutPieces, withStoppedReturned } from '../loads/loads.ts';
import { shapeOf } from '../loads/shape.ts';
import type { PieceTask } from '../messages.ts';
import { allWait, allWaitTooLong, isOfSource, outOfPatience } from '../patience.ts';
import type { LedgerView } from '../plan/ledger.ts';
import { isInLedger, missingBelow } from '../plan/ledger.ts';
import { pieceSet, piecesIn, withoutFirst } from '../plan/piece-set.ts';
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
  #loads: Loads;
  #changed = false;
  #repeated = false;
  #isHeldBack = false;
  readonly #sent = new Set<number>();

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
    this.#loads = record.loads ?? NO_LOADS;
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
    this.#sendOne(pieceNumber, delayMs);
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

  /**
   * New pieces into free places. What an earlier run brought is skipped.
   * @param missing with what was handed back
   * @param isLate a load that waits for its connections has waited long enough: fewer will do
   */
  fillPlaces(missing: readonly number[], { isLate = false } = {}): void {
    this.#passDone(missing.length > 0);
    const inFlight = this.#inFlight(missing);
    let free = this.#host.places - connectionsOf(this.#unfinished(), inFlight);
    let isIdle = inFlight.length === 0;
    let unsent = this.unsentCount;
    while (free >= 1 && unsent > 0) {
      const { connections, pieces } = this.#nextLoad(unsent);
      const least = isIdle ? 1 : isLate ? connections / 2 : connections;
      if (free < least) {
        this.#isHeldBack = true;
        return;
      }
      const taken = Math.min(connections, free);
      const some = this.#take(Math.ceil((pieces * taken) / connections));
      this.#sendLoad(taken, some);
      free -= taken;
      unsent -= some.length;
      isIdle = false;
    }
  }

  /** Nothing moved for the quiet time: what a worker that stopped did not hand back, its report got lost. */
  takeBack(): void {
    const loads = this.#unfinished();
    this.#loads = withStoppedReturned(loads);
    this.#changed ||= this.#loads !== loads;
  }

  /** Passing what is done is no reason to write; the next piece that is sent takes the cursor along. */
  #passDone(isInFlight: boolean): void {
    while (this.#cursor <= this.#before.plan.pieceCount && isInLedger(this.#ledger, this.#cursor)) {
      this.#cursor += 1;
      if (!isInFlight) this.#changed = true;
    }
  }

  #inFlight(missing: readonly number[]): readonly number[] {
    return inFlightOf(this.#unfinished(), missing);
  }

  /** Without what the ledger has by now, and what is tried again by itself. */
  #unfinished(): Loads {
    return withoutPieces(
      this.#loads,
      (number) => isInLedger(this.#ledger, number),
      (number) => this.#trouble[String(number)] !== undefined,
    );
  }

  #nextLoad(unsent: number): { readonly connections: number; readonly pieces: number } {
    const { loads: policy } = this.#policy;
    if (policy === undefined) return { connections: 1, pieces: 1 };
    const { places, isCrowded = false } = this.#host;
    const { pieceSizeBytes } = this.#before.plan;
    const { paces } = this.#loads;
    const { connections, perConnection } = shapeOf({ paces, pieceSizeBytes, places, unsent, isCrowded }, policy);
    const pieces = Math.min(connections * perConnection, unsent);
    return { connections: Math.min(connections, pieces), pieces };
  }

  /** What was handed back comes first. */
  #take(count: number): readonly number[] {
    const taken: number[] = [];
    const { pieceCount } = this.#before.plan;
    while (taken.length < count) {
      const back = withoutFirst(this.#loads.returned);
      if (back !== undefined) {
        this.#loads = { ...this.#loads, returned: back.rest };
        if (!isInLedger(this.#ledger, back.first)) taken.push(back.first);
      } else if (this.#cursor <= pieceCount) {
        if (!isInLedger(this.#ledger, this.#cursor)) taken.push(this.#cursor);
        this.#cursor += 1;
      } else break;
    }
    return taken;
  }

  #sendLoad(connections: number, pieces: readonly number[]): void {
    if (pieces.length === 0) return;
    const closedForMs = Math.max(0, (this.#host.hostClosedUntil ?? 0) - this.#now);
    this.#changed = true;
    // What is not at its first attempt goes by itself.
    const fresh = pieces.filter((number) => this.#trouble[String(number)] === undefined);
    for (const number of pieces) if (!fresh.includes(number)) this.#sendOne(number, closedForMs);
    if (fresh.length < 2) for (const number of fresh) this.#sendOne(number, closedForMs);
    else {
      const { loads, load } = withLoad(this.#loads, connections, pieceSet(0, fresh));
      this.#loads = loads;
      this.#sendAgain(load, fresh, closedForMs);
    }
  }

  /** Pieces that were never sent, or were handed back. */
  get unsentCount(): number {
    const { plan } = this.#before;
    let count = 0;
    for (let number = this.#cursor; number <= plan.pieceCount; number += 1)
      if (!isInLedger(this.#ledger, number)) count += 1;
    for (const number of piecesIn(this.#loads.returned)) if (!isInLedger(this.#ledger, number)) count += 1;
    return count;
  }

  /** There are pieces to send, and free places, though fewer than the next load has connections. */
  get isHeldBack(): boolean {
    return this.#isHeldBack;
  }

  /** What the reports say is to be stored although nothing is sent by it. */
  note(): void {
    this.#changed = true;
  }

  /** Pieces. */
  get sentCount(): number {
    return this.#sent.size;
  }

  /**
   * Nothing moved for the quiet time: whatever is in flight may be lost. Same attempt, so that no answer is taken for a
   * duplicate (rule 6). What was answered in this decision waits for its time as well.
   */
  resend(missing: readonly number[]): void {
    const loads = this.#unfinished();
    const isDue = (number: number) => !this.#mustWait(number) && !this.#sent.has(number);
    const due = new Set(this.#inFlight(missing).filter(isDue));
    for (const load of loads.open) {
      const pieces = [...piecesIn(load.pieces)].filter((number) => due.delete(number));
      if (pieces.length > 0) this.#sendAgain(load, pieces, 0);
      this.#repeated ||= pieces.length > 0;
    }
    for (const pieceNumber of due) {
      this.#sendOne(pieceNumber, 0);
      this.#repeated = true;
    }
  }

  #mustWait(pieceNumber: number): boolean {
    const notBefore = this.#trouble[String(pieceNumber)]?.notBefore;
    return notBefore !== undefined && fromIso(notBefore) > this.#now;
  }

  record(): Transferring<PiecesPlan> {
    const next: Transferring<PiecesPlan> = {
      ...this.#before,
      trouble: this.#trouble,
      ...stated({ silentSince: this.#silentSince }),
      cursor: this.#cursor,
      doneThrough: this.#ledger.doneThrough,
      reported: pieceSet(0, this.#ledger.done),
      ...this.#storedLoads(),
    };
    if (this.#repeated && !this.#changed) return quieter(next, this.#now, this.#policy);
    return { ...next, requeues: 0, quietUntil: toIso(this.#now + this.#policy.quietMs) };
  }

  #storedLoads(): { readonly loads?: Loads } {
    return this.#loads === NO_LOADS ? {} : { loads: this.#unfinished() };
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

  #sendOne(pieceNumber: number, delayMs: number): void {
    const attempt = this.#trouble[String(pieceNumber)]?.attempt ?? 1;
    this.#tasks.push({ task: this.#taskOf(pieceNumber, attempt), delayMs });
    this.#sent.add(pieceNumber);
  }

  /** Some or all pieces of a load, to one worker. */
  #sendAgain({ number, connections }: Load, pieces: readonly number[], delayMs: number): void {
    const [first, ...others] = pieces;
    if (first === undefined) return;
    const load = { number, connections, others: pieceSet(0, others) };
    this.#tasks.push({ task: { ...this.#taskOf(first, 1), load }, delayMs });
    for (const number of pieces) this.#sent.add(number);
  }

  #taskOf(pieceNumber: number, attempt: number): PieceTask {
    const { id, planId } = this.#before;
    return { kind: 'piece', v: 1, transferId: id, planId, pieceNumber, attempt };
  }
}
