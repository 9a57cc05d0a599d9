import type { Pace } from './paces.ts';
import { bornePace, msPerPiece } from './paces.ts';

/** What one worker can be given. */
export interface LoadPolicy {
  /** Connections of one worker, until its source was seen to bear more on one. */
  readonly leastConnections: number;
  readonly mostConnections: number;
  /** Of one worker's network: connections are as many as it has room for. */
  readonly bytesPerSecond: number;
  /** The pieces of one connection are to come within this. */
  readonly loadMs: number;
  readonly mostPerConnection: number;
}

/** What the next load is cut by. */
export interface LoadCase {
  readonly paces: readonly Pace[];
  readonly pieceSizeBytes: number;
  /** Connections of the transfer. */
  readonly places: number;
  /** Pieces that are still to be sent. */
  readonly unsent: number;
  /** Others wait for places of the host: what is given away is wanted back soon. */
  readonly isCrowded: boolean;
}

/**
 * Connections of the next load, and pieces for each of them. Few pieces each as long as nothing is known of the source,
 * and towards the end, so that workers come to it together; twice as many connections each time that more of them made
 * no piece slower.
 */
export function shapeOf(
  { paces, pieceSizeBytes, places, unsent, isCrowded }: LoadCase,
  policy: LoadPolicy,
): { readonly connections: number; readonly perConnection: number } {
  const borne = bornePace(paces);
  const pieceMs = borne === undefined ? undefined : Math.max(1, msPerPiece(borne.pace));
  const wide = borne === undefined ? policy.leastConnections : borne.pace.connections * (borne.isMost ? 1 : 2);
  const roomFor = pieceMs === undefined ? wide : Math.floor((policy.bytesPerSecond * pieceMs) / 1000 / pieceSizeBytes);
  const bounded = Math.max(policy.leastConnections, Math.min(wide, roomFor, policy.mostConnections));
  const connections = sharing(Math.max(1, places), bounded);
  const inTime = pieceMs === undefined || isCrowded ? 1 : Math.floor(policy.loadMs / pieceMs);
  const toTheEnd = Math.floor(unsent / (2 * Math.max(1, places)));
  return { connections, perConnection: Math.max(1, Math.min(inTime, toTheEnd, policy.mostPerConnection)) };
}

/** Places that may be left over, of all. */
const LEFT_OVER = 1 / 24;

/**
 * As many connections for each worker, `most` or somewhat fewer, so that hardly a place is left over: one that is waits
 * for others to become free.
 */
function sharing(places: number, most: number): number {
  if (places <= most) return places;
  const choices = Array.from({ length: Math.ceil(most / 2) }, (_, index) => most - index);
  const [first = most] = choices;
  const leftOver = (connections: number) => (places % connections) / places;
  return (
    choices.find((connections) => leftOver(connections) <= LEFT_OVER) ??
    choices.reduce((best, one) => (leftOver(one) < leftOver(best) ? one : best), first)
  );
}
