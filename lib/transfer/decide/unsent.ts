import type { Load, Loads } from '../loads/loads.ts';
import {
  connectionsOf,
  inFlightOf,
  NO_LOADS,
  openLoad,
  withLoad,
  withoutPieces,
  withStoppedReturned,
} from '../loads/loads.ts';
import { shapeOf } from '../loads/shape.ts';
import type { LedgerView } from '../plan/ledger.ts';
import { isInLedger } from '../plan/ledger.ts';
import { hasPiece, pieceSet, piecesIn, withoutFirst } from '../plan/piece-set.ts';
import type { PiecesPlan } from '../plan/plan.ts';
import type { Transferring } from '../record/states.ts';
import type { DecidePolicy, HostFacts } from './decision.ts';

/** What is still to be sent, while a decision is made: the cursor goes on, and loads are cut off it. */
export class Unsent {
  readonly #plan: PiecesPlan;
  readonly #ledger: LedgerView;
  readonly #hasFailed: (pieceNumber: number) => boolean;
  readonly #failures = new Map<number, number>();
  #cursor: number;
  #loads: Loads;

  /** @param hasFailed the piece is tried again by itself */
  constructor(
    { plan, cursor, loads = NO_LOADS }: Transferring<PiecesPlan>,
    ledger: LedgerView,
    hasFailed: (pieceNumber: number) => boolean,
  ) {
    this.#plan = plan;
    this.#ledger = ledger;
    this.#hasFailed = hasFailed;
    this.#cursor = cursor;
    this.#loads = loads;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** As they are to be stored: without what is done or failed. `undefined` = there never was one. */
  get loads(): Loads | undefined {
    return this.#loads === NO_LOADS ? undefined : this.#current();
  }

  /** A worker failed at a piece of its load: it has one connection less. */
  failed(pieceNumber: number, ofLoad: number | undefined): void {
    const load = openLoad(this.#loads, ofLoad);
    if (load === undefined || !hasPiece(load.pieces, pieceNumber)) return;
    this.#failures.set(load.number, (this.#failures.get(load.number) ?? 0) + 1);
  }

  /** Pieces that were never sent, or were handed back. */
  get count(): number {
    const { doneThrough, done } = this.#ledger;
    const [first, last] = [Math.max(this.#cursor, doneThrough + 1), this.#plan.pieceCount];
    let count = Math.max(0, last - first + 1);
    // Of the done ones there are few as a rule, and this is asked at each decision.
    for (const number of done) if (number >= first && number <= last) count -= 1;
    for (const number of piecesIn(this.#loads.returned)) if (this.#isOpen(number)) count += 1;
    return count;
  }

  /** Of pieces below the cursor that are not done: those that a worker may have. */
  inFlight(missing: readonly number[]): readonly number[] {
    return inFlightOf(this.#current(), missing);
  }

  /** Connections that those have. */
  connections(inFlight: readonly number[]): number {
    return connectionsOf(this.#current(), inFlight);
  }

  /** Passes what an earlier run brought. `true` = there was any. */
  passDone(): boolean {
    const from = this.#cursor;
    while (this.#cursor <= this.#plan.pieceCount && !this.#isOpen(this.#cursor)) this.#cursor += 1;
    return this.#cursor > from;
  }

  /** What is next, of so many: by itself each, or in loads. */
  next(
    unsent: number,
    { places, isCrowded = false }: HostFacts,
    { loads: policy }: DecidePolicy,
  ): { readonly connections: number; readonly pieces: number } {
    if (policy === undefined) return { connections: 1, pieces: 1 };
    const { pieceSizeBytes } = this.#plan;
    const { paces } = this.#loads;
    const { connections, perConnection } = shapeOf({ paces, pieceSizeBytes, places, unsent, isCrowded }, policy);
    const pieces = Math.min(connections * perConnection, unsent);
    return { connections: Math.min(connections, pieces), pieces };
  }

  /** So many pieces, or all that are left. What was handed back comes first. */
  take(count: number): readonly number[] {
    const taken: number[] = [];
    while (taken.length < count) {
      const back = withoutFirst(this.#loads.returned);
      if (back === undefined && this.#cursor > this.#plan.pieceCount) break;
      const number = back?.first ?? this.#cursor;
      if (back === undefined) this.#cursor += 1;
      else this.#loads = { ...this.#loads, returned: back.rest };
      if (this.#isOpen(number)) taken.push(number);
    }
    return taken;
  }

  makeLoad(connections: number, pieces: readonly number[]): Load {
    const { loads, load } = withLoad(this.#loads, connections, pieceSet(0, pieces));
    this.#loads = loads;
    return load;
  }

  /** What workers that have stopped did not hand back, their reports got lost. `true` = there was any. */
  takeBack(): boolean {
    const loads = this.#current();
    const next = withStoppedReturned(loads);
    if (next === loads) return false;
    this.#loads = next;
    this.#failures.clear();
    return true;
  }

  #isOpen(pieceNumber: number): boolean {
    return !isInLedger(this.#ledger, pieceNumber);
  }

  #current(): Loads {
    return withoutPieces(this.#loads, (number) => !this.#isOpen(number) || this.#hasFailed(number), this.#failures);
  }
}
