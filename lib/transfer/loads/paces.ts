/** What the pieces took that workers with so many connections brought. */
export interface Pace {
  readonly connections: number;
  readonly pieces: number;
  /** Of all of them together. */
  readonly elapsedMs: number;
}

/** So many pieces say it; of more, older ones count less and less. */
const REMEMBERED = 64;

export function withPace(paces: readonly Pace[], connections: number, elapsedMs: number): readonly Pace[] {
  const known = paces.find((pace) => pace.connections === connections) ?? { connections, pieces: 0, elapsedMs: 0 };
  const more = { connections, pieces: known.pieces + 1, elapsedMs: Math.round(known.elapsedMs + elapsedMs) };
  const next = more.pieces < REMEMBERED ? more : halved(more);
  return [...paces.filter((pace) => pace !== known), next].sort((a, b) => a.connections - b.connections);
}

function halved({ connections, pieces, elapsedMs }: Pace): Pace {
  return { connections, pieces: pieces / 2, elapsedMs: Math.round(elapsedMs / 2) };
}

export function msPerPiece({ pieces, elapsedMs }: Pace): number {
  return elapsedMs / pieces;
}

/** A worker's connections are too many for its source when a piece takes longer than this many times that of few. */
const LONGER = 4 / 3;

/**
 * The most connections of one worker that were seen to make no piece slower, and whether more were: a source that gives
 * each address so much gives a worker no more for having more connections. `undefined` = nothing is known as yet.
 */
export function bornePace(paces: readonly Pace[]): { readonly pace: Pace; readonly isMost: boolean } | undefined {
  const shown = paces.filter(({ connections, pieces }) => pieces >= connections);
  const [narrowest] = shown;
  if (narrowest === undefined) return undefined;
  let pace = narrowest;
  for (const wider of shown.slice(1)) {
    if (msPerPiece(wider) > LONGER * msPerPiece(narrowest)) return { pace, isMost: true };
    pace = wider;
  }
  return { pace, isMost: false };
}
