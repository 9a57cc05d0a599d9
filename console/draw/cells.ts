import type { Pieces } from '../api/shapes.ts';

/* A map of many small things, each drawn as a cell: the pieces of a transfer, the entries of a batch. */

export type Cell = 'waiting' | 'done' | 'flight' | 'rescue' | 'trouble' | 'failed';

export interface CellMap {
  readonly count: number;
  /** By number, from 0. */
  readonly cells: readonly Cell[];
  /** Of those in flight, by number from 0: 0 to 1. */
  readonly part: ReadonlyMap<number, number>;
}

export function cellsOfPieces({ count, doneRanges, inFlight, trouble }: Pieces): CellMap {
  const cells: Cell[] = new Array<Cell>(count).fill('waiting');
  const part = new Map<number, number>();
  for (const { pieceNumber } of trouble) cells[pieceNumber - 1] = 'trouble';
  for (const { pieceNumber, doneBytes, sizeBytes, rescue } of inFlight ?? []) {
    cells[pieceNumber - 1] = rescue === true ? 'rescue' : 'flight';
    if (doneBytes !== undefined && sizeBytes) part.set(pieceNumber - 1, Math.min(1, doneBytes / sizeBytes));
  }
  // What the ledger has is done, whatever else is said of it.
  for (const [first, last] of doneRanges) cells.fill('done', first - 1, last);
  return { count, cells, part };
}

export interface Layout {
  readonly columns: number;
  /** Of a cell with its gap. */
  readonly step: number;
  readonly size: number;
  readonly height: number;
  /** Things in one cell: 1, unless there are too many for the space. */
  readonly each: number;
}

const STEPS = [26, 22, 18, 15, 12, 10, 8, 7, 6, 5, 4];

/** The largest cells with which all fit. */
export function layoutOf(count: number, width: number, mostHeight: number): Layout {
  for (const step of STEPS) {
    const columns = Math.max(1, Math.floor(width / step));
    const height = Math.ceil(count / columns) * step;
    if (height <= mostHeight || step === STEPS.at(-1)) {
      const most = columns * Math.floor(mostHeight / step);
      const each = height <= mostHeight ? 1 : Math.ceil(count / most);
      const rows = Math.ceil(Math.ceil(count / each) / columns);
      return { columns, step, size: step - (step > 8 ? 3 : step > 5 ? 2 : 1), height: rows * step, each };
    }
  }
  return { columns: 1, step: 4, size: 3, height: mostHeight, each: count };
}

/** What is shown of several in one cell: what people look for first. */
const FIRST: readonly Cell[] = ['failed', 'trouble', 'rescue', 'flight', 'waiting', 'done'];

export function shownCell(cells: readonly Cell[], first: number, each: number): Cell {
  if (each === 1) return cells[first] ?? 'waiting';
  const group = new Set(cells.slice(first, first + each));
  return FIRST.find((cell) => group.has(cell)) ?? 'waiting';
}

/** `1–37, 40`: runs of what fits, numbered from 1. */
export function runsOf(cells: readonly Cell[], wanted: (cell: Cell) => boolean): string {
  const runs: string[] = [];
  for (let at = 0; at < cells.length; at += 1) {
    if (!wanted(cells[at] ?? 'waiting')) continue;
    const first = at;
    while (at + 1 < cells.length && wanted(cells[at + 1] ?? 'waiting')) at += 1;
    runs.push(first === at ? `${first + 1}` : `${first + 1}–${at + 1}`);
  }
  if (runs.length > 40) return `${runs.slice(0, 40).join(', ')} and ${runs.length - 40} more runs`;
  return runs.join(', ');
}
