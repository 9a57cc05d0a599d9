import type { Workers } from './workers.ts';

/** How the pieces of one transfer come in, and what that sets to work. */
export interface Rounds {
  /** Of the whole transfer. */
  readonly seconds: number;
  readonly finalizerRuns: number;
  readonly fetcherRuns: number;
  /** Of all fetcher runs together. */
  readonly fetcherSeconds: number;
  /** Requests for up to ten messages: of what each round sends, and of what it receives. */
  readonly tens: number;
  /** Of the record by fetchers, for each piece. */
  readonly recordReads: number;
  /** Of the sealed source, by all fetchers. */
  readonly sealedReads: number;
}

/** A result is on its way, the record is read and swapped, the next piece is on its way. */
const TURN_SECONDS = 0.15;
/** Before the first piece, and after the last one. */
const BEGIN_AND_END_SECONDS = 3;
/** Before and after the pieces of a fetcher run: record, host and sealed source are read, results sent. */
const RUN_SECONDS = 0.1;

/**
 * A fetcher's result waits until the results window is over; then one finalizer run answers all that came, and its
 * pieces go to fetchers in fours. Pieces are taken to last what is said, give or take half, as in the count.
 */
export function expectedRounds({
  pieceCount,
  places,
  pieceSeconds,
  workers: { resultsWindowSeconds: window, piecesPerFetcher, maxFetchers },
}: {
  readonly pieceCount: number;
  readonly places: number;
  readonly pieceSeconds: number;
  readonly workers: Pick<Workers, 'resultsWindowSeconds' | 'piecesPerFetcher' | 'maxFetchers'>;
}): Rounds {
  // From the sending of a piece to that of the next one in its place. A result that comes alone waits for all of the
  // window, one of many for half of it.
  const about = pieceSeconds + TURN_SECONDS + 0.75 * window;
  const together = 1 + (places * window) / about;
  const turn = pieceSeconds + TURN_SECONDS + (window * (1 + 1 / together)) / 2;
  const turns = (pieceCount / places) * turn;
  // Where pieces last no longer than the window, all places go in step.
  const isInStep = pieceSeconds <= window;
  const between = isInStep ? turn : window + (turn - window) / places;
  const finalizerRuns = Math.min(pieceCount, Math.max(1, turns / between));
  const perRound = pieceCount / finalizerRuns;
  const groups = (most: number) => (isInStep ? Math.ceil(places / most) : groupsOf(most, perRound));
  const fetcherRuns = Math.min(pieceCount, finalizerRuns * groups(piecesPerFetcher));
  const perRun = pieceCount / fetcherRuns;
  // The last of several: of four that last 0.5 to 1.5 times as long as the mean, 1.3 times.
  const longest = 0.5 + perRun / (perRun + 1);
  const seconds = turns + pieceSeconds / 2 + BEGIN_AND_END_SECONDS;
  const fetchers = Math.min(maxFetchers, places);
  return {
    seconds,
    finalizerRuns,
    fetcherRuns,
    fetcherSeconds: fetcherRuns * (pieceSeconds * longest + RUN_SECONDS),
    tens: finalizerRuns * groups(10),
    // Kept for five seconds by each fetcher.
    recordReads: Math.min(1, Math.max(1 / 3, (1 + pieceSeconds) / 6)),
    // Kept for a minute by each fetcher.
    sealedReads: fetchers * Math.max(1, seconds / 60),
  };
}

/** Groups of up to `most` that so many make, on average: the last one is not full. */
function groupsOf(most: number, number: number): number {
  return Math.max(1, number / most + (most - 1) / 2 / most);
}
