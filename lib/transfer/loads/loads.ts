import type { DeadPiece, PieceResult, PieceTask } from '../messages.ts';
import type { PieceSet } from '../plan/piece-set.ts';
import { hasPiece, NO_PIECES, pieceSet, piecesIn, piecesWhere } from '../plan/piece-set.ts';
import type { Pace } from './paces.ts';
import { withPace } from './paces.ts';

/*
 * Loads: pieces that one worker is given in one message, more than it has connections. It brings one after another on
 * each, so that between two pieces no message has to pass. Pure; it stands in the record (ADR 39).
 */

export interface Load {
  /** Of this plan. A result names it, so that what an earlier load says is not taken for a later one's. */
  readonly number: number;
  /** One less with each piece that its worker failed at: it begins no other one. 0 = none is on its way for certain. */
  readonly connections: number;
  /** What its worker may still bring: neither done, nor failed, nor handed back. */
  readonly pieces: PieceSet;
}

export interface Loads {
  /** The number of the next one. */
  readonly next: number;
  readonly open: readonly Load[];
  /** Pieces below the cursor that their worker handed back before it began them: in flight no more. */
  readonly returned: PieceSet;
  /** How long pieces took by the number of connections of their worker. */
  readonly paces: readonly Pace[];
}

export const NO_LOADS: Loads = { next: 1, open: [], returned: NO_PIECES, paces: [] };

/** Of a task: of a piece, or of a load. */
export function piecesOf({ pieceNumber, load }: Pick<PieceTask, 'pieceNumber' | 'load'>): readonly number[] {
  return [pieceNumber, ...piecesIn(load?.others ?? NO_PIECES)];
}

/** Of pieces that were sent and are not done: without what was handed back. */
export function inFlightOf(loads: Loads | undefined, missing: readonly number[]): readonly number[] {
  if (loads === undefined || loads.returned.length === 0) return missing;
  return missing.filter((number) => !hasPiece(loads.returned, number));
}

/** Connections that the pieces in flight have. Those of a load that are more than that wait in its worker. */
export function connectionsOf(loads: Loads | undefined, inFlight: readonly number[]): number {
  const open = new Set(inFlight);
  const waiting = (loads?.open ?? []).map(({ connections, pieces }) => {
    let held = 0;
    for (const number of piecesIn(pieces)) if (open.has(number)) held += 1;
    return Math.max(0, held - connections);
  });
  return waiting.reduce((left, some) => left - some, inFlight.length);
}

/**
 * Without pieces that are done or failed, and without loads that have none left.
 * @param failures of each load's own worker: it has so many connections less
 */
export function withoutPieces(
  loads: Loads,
  isGone: (pieceNumber: number) => boolean,
  failures: ReadonlyMap<number, number>,
): Loads {
  const kept = (pieces: PieceSet) => piecesWhere(pieces, (number) => !isGone(number));
  const open = loads.open.map(({ number, connections, pieces }) => ({
    number,
    connections: Math.max(0, connections - (failures.get(number) ?? 0)),
    pieces: kept(pieces),
  }));
  return { ...loads, open: open.filter(({ pieces }) => pieces.length > 0), returned: kept(loads.returned) };
}

/** Pieces of workers that have stopped are handed back, though none of them has said so. */
export function withStoppedReturned(loads: Loads): Loads {
  return loads.open
    .filter(({ connections }) => connections === 0)
    .reduce((all, load) => handBack(all, load, [...piecesIn(load.pieces)]), loads);
}

/**
 * What results say of their loads: what was handed back may be sent again, and how long pieces took is noted. A dead
 * letter says it too: those that were begun have failed (`failedOf`), and the others are handed back. The same object
 * where nothing is said of a load that is open.
 * @param pieceSizeBytes of the plan: shorter pieces say nothing of the pace
 */
export function afterInputs(
  before: Loads,
  planId: string,
  pieceSizeBytes: number,
  inputs: readonly (PieceResult | DeadPiece)[],
): Loads {
  let loads = before;
  for (const input of inputs) {
    if (input.kind === 'dead' && input.task.planId === planId) {
      const load = openLoad(loads, input.task.load?.number);
      if (load !== undefined) loads = handBack(loads, load, [...piecesIn(load.pieces)].slice(begunOf(load)));
    }
    if (input.kind !== 'result' || input.planId !== planId) continue;
    const load = openLoad(loads, input.ofLoad);
    if (load === undefined) continue;
    if (input.left !== undefined) loads = handBack(loads, load, [...piecesIn(input.left)]);
    if (input.outcome === 'done' && input.bytes === pieceSizeBytes && hasPiece(load.pieces, input.pieceNumber))
      loads = { ...loads, paces: withPace(loads.paces, load.connections, input.elapsedMs) };
  }
  return loads;
}

/** Of a load whose worker kept dying: the pieces that it is taken to have had on its connections. */
export function failedOf(loads: Loads | undefined, number: number | undefined): readonly number[] {
  const load = openLoad(loads, number);
  return load === undefined ? [] : [...piecesIn(load.pieces)].slice(0, begunOf(load));
}

/** So many of its pieces, the first ones, are taken to be on its connections. */
function begunOf({ connections }: Load): number {
  return Math.max(1, connections);
}

/** The piece is in that load; or in none, where none is given. */
export function isWith(loads: Loads | undefined, pieceNumber: number, number: number | undefined): boolean {
  if (loads === undefined) return true;
  if (hasPiece(loads.returned, pieceNumber)) return false;
  const holder = loads.open.find(({ pieces }) => hasPiece(pieces, pieceNumber));
  return holder === undefined || holder.number === number;
}

export function openLoad(loads: Loads | undefined, number: number | undefined): Load | undefined {
  return number === undefined ? undefined : loads?.open.find((load) => load.number === number);
}

function handBack(loads: Loads, load: Load, pieces: readonly number[]): Loads {
  const handed = new Set(pieces.filter((number) => hasPiece(load.pieces, number)));
  if (handed.size === 0) return loads;
  const kept = piecesWhere(load.pieces, (number) => !handed.has(number));
  return {
    ...loads,
    open: loads.open.map((other) => (other === load ? { ...load, pieces: kept } : other)),
    returned: pieceSet(0, [...piecesIn(loads.returned), ...handed]),
  };
}

/** One more load, of these pieces. */
export function withLoad(loads: Loads, connections: number, pieces: PieceSet): { loads: Loads; load: Load } {
  const load = { number: loads.next, connections, pieces };
  return { loads: { ...loads, next: loads.next + 1, open: [...loads.open, load] }, load };
}
