import type { ErrorRecord } from '../../errors/error.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import { mayBeLimit } from '../denial.ts';
import type { Load } from '../loads/loads.ts';
import type { PieceTask } from '../messages.ts';
import { allWait, allWaitTooLong, isOfSource, outOfPatience } from '../patience.ts';
import type { LedgerView } from '../plan/ledger.ts';
import { isInLedger, missingBelow } from '../plan/ledger.ts';
import { pieceSet, piecesIn } from '../plan/piece-set.ts';
import type { PiecesPlan } from '../plan/plan.ts';
import type { TransferRecord, Trouble } from '../record/record.ts';
import type { Transferring } from '../record/states.ts';
import type { Command, DecidePolicy, HostFacts, Outcome } from './decision.ts';
import { quieter, toFinalizing } from './outcomes.ts';
import type { CurrentFailure } from './piece-failures.ts';
import { answerTo } from './piece-failures.ts';
import { Unsent } from './unsent.ts';

/** One decision in the making: what is sent, and what the record has to say about it. */
export class Round {
  readonly #before: Transferring<PiecesPlan>;
  readonly #ledger: LedgerView;
  readonly #host: HostFacts;
  readonly #now: Instant;
  readonly #policy: DecidePolicy;
  readonly #trouble: Record<string, Trouble>;
  readonly #unsent: Unsent;
  readonly #tasks: { task: PieceTask; delayMs: number }[] = [];
  readonly #commands: Command[] = [];
  #silentSince: string | undefined;
  /** Of the last failure of the source that is to be tried again. */
  #lastTry: { readonly error: ErrorRecord; readonly delayMs: number } | undefined;
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
    this.#silentSince = record.silentSince;
    this.#trouble = Object.fromEntries(
      Object.entries(record.trouble).filter(([number]) => !isInLedger(ledger, Number(number))),
    );
    this.#unsent = new Unsent(record, ledger, (number) => this.#trouble[String(number)] !== undefined);
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
    this.#unsent.failed(pieceNumber, failure.ofLoad);
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
    const inFlight = this.#unsent.inFlight(missing);
    // Passing what is done is no reason to write; the next piece that is sent takes the cursor along.
    if (this.#unsent.passDone() && missing.length === 0) this.#changed = true;
    let free = this.#host.places - this.#unsent.connections(inFlight);
    // What is tried again by itself waits for its time, which may be long: a load does not wait for it.
    const reachable = this.#host.places - inFlight.filter((number) => this.#trouble[String(number)]).length;
    let isIdle = inFlight.length === 0;
    for (let left = this.#unsent.count; free >= 1 && left > 0; ) {
      const { connections, pieces } = this.#unsent.next(left, this.#host, this.#policy);
      const wanted = Math.min(connections, reachable);
      const least = isIdle ? 1 : isLate ? wanted / 2 : wanted;
      this.#isHeldBack = free < least;
      if (this.#isHeldBack) return;
      const taken = Math.min(connections, free);
      const some = this.#unsent.take(Math.ceil((pieces * taken) / connections));
      this.#sendNew(some, taken);
      free -= taken;
      left -= some.length;
      isIdle = false;
    }
  }

  /** Nothing moved for the quiet time: workers that stopped have nothing any more. */
  takeBack(): void {
    if (this.#unsent.takeBack()) this.#changed = true;
  }

  get unsentCount(): number {
    return this.#unsent.count;
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
   * @param isNoneInFlight what waits for its time is sent as well: its delayed message ended with its process
   */
  resend(missing: readonly number[], { isNoneInFlight = false } = {}): void {
    const open = this.#unsent.inFlight(missing).filter((number) => !this.#sent.has(number));
    const due = new Set(open.filter((number) => isNoneInFlight || this.#waitMs(number) === 0));
    for (const load of this.#unsent.loads?.open ?? []) {
      const pieces = [...piecesIn(load.pieces)].filter((number) => due.delete(number));
      this.#sendLoad(load, pieces, 0);
      this.#repeated ||= pieces.length > 0;
    }
    for (const pieceNumber of due) {
      this.#sendOne(pieceNumber, this.#waitMs(pieceNumber));
      this.#repeated = true;
    }
  }

  #waitMs(pieceNumber: number): number {
    const notBefore = this.#trouble[String(pieceNumber)]?.notBefore;
    return notBefore === undefined ? 0 : Math.max(0, fromIso(notBefore) - this.#now);
  }

  record(): Transferring<PiecesPlan> {
    const next: Transferring<PiecesPlan> = {
      ...this.#before,
      trouble: this.#trouble,
      ...stated({ silentSince: this.#silentSince }),
      cursor: this.#unsent.cursor,
      doneThrough: this.#ledger.doneThrough,
      reported: pieceSet(0, this.#ledger.done),
      ...stated({ loads: this.#unsent.loads }),
    };
    if (this.#repeated && !this.#changed) return quieter(next, this.#now, this.#policy);
    return { ...next, requeues: 0, quietUntil: toIso(this.#now + this.#policy.quietMs) };
  }

  outcome(): Outcome {
    const before = this.#before;
    // Everything in the ledger already, but an earlier record did not know it.
    const { cursor } = this.#unsent;
    if (cursor > before.plan.pieceCount && missingBelow(cursor, this.#ledger).length === 0) {
      const last = { cursor, doneThrough: this.#ledger.doneThrough };
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

  /** Into free places: in a load, where pieces are put together. What is not at its first attempt goes by itself. */
  #sendNew(pieces: readonly number[], connections: number): void {
    const closedForMs = Math.max(0, (this.#host.hostClosedUntil ?? 0) - this.#now);
    this.#changed ||= pieces.length > 0;
    const isLoad = (number: number) => this.#policy.loads !== undefined && this.#trouble[String(number)] === undefined;
    for (const number of pieces) if (!isLoad(number)) this.#sendOne(number, closedForMs);
    const loaded = pieces.filter(isLoad);
    if (loaded.length > 0) this.#sendLoad(this.#unsent.makeLoad(connections, loaded), loaded, closedForMs);
  }

  /** Some or all pieces of a load, to one worker. */
  #sendLoad({ number, connections }: Load, pieces: readonly number[], delayMs: number): void {
    const [first, ...others] = pieces;
    if (first === undefined) return;
    const load = { number, connections, others: pieceSet(0, others) };
    this.#tasks.push({ task: { ...this.#taskOf(first, 1), load }, delayMs });
    for (const piece of pieces) this.#sent.add(piece);
  }

  #taskOf(pieceNumber: number, attempt: number): PieceTask {
    const { id, planId } = this.#before;
    return { kind: 'piece', v: 1, transferId: id, planId, pieceNumber, attempt };
  }
}
