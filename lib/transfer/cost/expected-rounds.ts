import type { Pace } from '../loads/paces.ts';
import { shapeOf } from '../loads/shape.ts';
import type { Workers } from './workers.ts';
import { loadsOf } from './workers.ts';

/** How the pieces of one transfer come in, and what that sets to work. */
export interface Rounds {
  /** Of the whole transfer. */
  readonly seconds: number;
  readonly finalizerRuns: number;
  readonly fetcherRuns: number;
  /** Of all fetcher runs together. */
  readonly fetcherSeconds: number;
  /** Requests by which pieces are sent, and by which they are reported: of up to ten messages each. */
  readonly sends: number;
  /** Of the record by fetchers. */
  readonly recordReads: number;
  /** Of the sealed source, by all fetchers. */
  readonly sealedReads: number;
}

export interface RoundsCase {
  readonly pieceCount: number;
  readonly pieceSizeBytes: number;
  readonly places: number;
  /** Pieces last so long, give or take half, as in the count. */
  readonly pieceSeconds: number;
  readonly workers: Pick<
    Workers,
    'resultsWindowSeconds' | 'piecesPerFetcher' | 'mostPerFetcher' | 'maxFetchers' | 'pieceTimeoutSeconds'
  >;
}

/** Results were received, the record is read and swapped, the next load is on its way. */
const TURN_SECONDS = 0.15;
/** Before the first piece, and after the last one. */
const BEGIN_AND_END_SECONDS = 3;
/** Before each piece: record and host are read. */
const PIECE_SECONDS = 0.05;
/** A fetcher reports what is done after so long, and what is left at its end. */
const KEPT_SECONDS = 15;
/** Of one request of a queue. */
const MESSAGES = 10;
/** For so long a fetcher goes by the record that it has. */
const RECORD_KEPT_SECONDS = 5;

interface Run {
  readonly endsAt: number;
  readonly connections: number;
  readonly pieces: number;
}

/**
 * Goes through the loads of a transfer as the finalizer makes them: each when as many places are free as it has
 * connections, by the same shapes, and answered when the results window is over.
 */
export function expectedRounds(one: RoundsCase): Rounds {
  const { pieceCount, pieceSizeBytes, places, pieceSeconds, workers } = one;
  const policy = loadsOf(workers);
  const window = workers.resultsWindowSeconds;
  const total = { finalizerRuns: 0, fetcherRuns: 0, fetcherSeconds: 0, sends: 0, recordReads: 0 };
  let running: Run[] = [];
  let paces: readonly Pace[] = [];
  let [now, unsent, free] = [0, pieceCount, places];

  const send = () => {
    let loads = 0;
    while (unsent > 0 && free >= 1) {
      const shape = shapeOf({ paces, pieceSizeBytes, places, unsent, isCrowded: false }, policy);
      const pieces = Math.min(shape.connections * shape.perConnection, unsent);
      const connections = Math.min(shape.connections, pieces);
      if (free < connections && running.length > 0) break;
      const taken = Math.min(connections, free);
      const some = Math.ceil((pieces * taken) / connections);
      const seconds = (loadSeconds(some / taken, taken) + apart(total.fetcherRuns)) * (pieceSeconds + PIECE_SECONDS);
      running.push({ endsAt: now + seconds, connections: taken, pieces: some });
      const reports = 1 + Math.max(0, seconds / (KEPT_SECONDS + pieceSeconds / taken) - 0.6);
      total.fetcherRuns += 1;
      total.fetcherSeconds += seconds + PIECE_SECONDS;
      total.sends += reports * Math.ceil(some / reports / MESSAGES);
      // One that reports together with others is answered with them.
      total.finalizerRuns += reports - 1;
      // The first piece after that time reads it again.
      total.recordReads += 1 + Math.max(0, seconds - pieceSeconds) / (RECORD_KEPT_SECONDS + pieceSeconds / taken);
      [free, unsent, loads] = [free - taken, unsent - some, loads + 1];
    }
    total.sends += Math.ceil(loads / MESSAGES);
  };

  send();
  while (running.length > 0) {
    const first = Math.min(...running.map(({ endsAt }) => endsAt));
    now = first + window + TURN_SECONDS;
    const answered = running.filter(({ endsAt }) => endsAt <= first + window);
    running = running.filter((run) => !answered.includes(run));
    total.finalizerRuns += 1;
    for (const { connections, pieces } of answered) {
      free += connections;
      paces = withPieces(paces, connections, pieces, 1000 * (pieceSeconds + PIECE_SECONDS));
    }
    send();
  }
  const seconds = now + BEGIN_AND_END_SECONDS - window;
  const fetchers = Math.min(workers.maxFetchers, total.fetcherRuns);
  // Kept for a minute by each fetcher.
  const sealedReads = Math.min(total.fetcherRuns, fetchers * Math.max(1, seconds / 60));
  return { ...total, seconds, sealedReads };
}

/**
 * Of pieces that are given to whichever connection is free: until the last one is there, in pieces' mean lengths. By
 * trial (1 to 16 of each): of one for each connection it is the longest of them, of more half as much again comes on
 * top.
 */
function loadSeconds(perConnection: number, connections: number): number {
  // Of single ones the longest: of pieces that last 0.5 to 1.5 times as long as the mean. Of many the last to end.
  const single = 0.5 + connections / (connections + 1);
  return perConnection <= 1 ? single : perConnection + 1.5 * (single - 1);
}

/** Loads that begin together do not end together: a quarter of a piece more or less, in turn. */
function apart(index: number): number {
  const GOLDEN = 0.618;
  return (((index * GOLDEN) % 1) - 0.5) / 2;
}

function withPieces(paces: readonly Pace[], connections: number, pieces: number, pieceMs: number): readonly Pace[] {
  const known = paces.find((pace) => pace.connections === connections)?.pieces ?? 0;
  const next = { connections, pieces: known + pieces, elapsedMs: (known + pieces) * pieceMs };
  return [...paces.filter((pace) => pace.connections !== connections), next].sort(
    (a, b) => a.connections - b.connections,
  );
}
