/**
 * Piece numbers as ranges in order, `[first, last]` inclusive, never touching each other. Pieces are sent in order, so
 * a set of thousands is a few ranges, and a new set with one more number costs a few numbers and not thousands.
 */
export type PieceSet = readonly (readonly [first: number, last: number])[];

export const NO_PIECES: PieceSet = [];

/** 1 to `doneThrough`, and `others` in any order. */
export function pieceSet(doneThrough: number, others: Iterable<number>): PieceSet {
  const ranges: [number, number][] = doneThrough > 0 ? [[1, doneThrough]] : [];
  for (const number of [...others].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last === undefined || number > last[1] + 1) ranges.push([number, number]);
    else if (number > last[1]) last[1] = number;
  }
  return ranges;
}

export function hasPiece(set: PieceSet, number: number): boolean {
  const range = set[firstRangeFrom(set, number)];
  return range !== undefined && range[0] <= number;
}

export function withPiece(set: PieceSet, number: number): PieceSet {
  const index = firstRangeFrom(set, number);
  const after = set[index];
  if (after !== undefined && after[0] <= number) return set;
  const before = set[index - 1];
  const joinsBefore = before !== undefined && before[1] + 1 === number;
  const joinsAfter = after !== undefined && number + 1 === after[0];
  const joined: readonly [number, number] = [joinsBefore ? before[0] : number, joinsAfter ? after[1] : number];
  return [...set.slice(0, joinsBefore ? index - 1 : index), joined, ...set.slice(joinsAfter ? index + 1 : index)];
}

export function withoutPiece(set: PieceSet, number: number): PieceSet {
  const index = firstRangeFrom(set, number);
  const range = set[index];
  if (range === undefined || range[0] > number) return set;
  const [first, last] = range;
  const left: (readonly [number, number])[] = [];
  if (first < number) left.push([first, number - 1]);
  if (number < last) left.push([number + 1, last]);
  return [...set.slice(0, index), ...left, ...set.slice(index + 1)];
}

/** Without its first number; `undefined` = it has none. */
export function withoutFirst(set: PieceSet): { readonly first: number; readonly rest: PieceSet } | undefined {
  const [range, ...others] = set;
  if (range === undefined) return undefined;
  const [first, last] = range;
  return { first, rest: first === last ? others : [[first + 1, last], ...others] };
}

/** In order. */
export function* piecesIn(set: PieceSet): Generator<number> {
  for (const [first, last] of set) for (let number = first; number <= last; number += 1) yield number;
}

/** Those of which it is true. */
export function piecesWhere(set: PieceSet, isKept: (pieceNumber: number) => boolean): PieceSet {
  return pieceSet(0, [...piecesIn(set)].filter(isKept));
}

export function pieceSetSize(set: PieceSet): number {
  return set.reduce((size, [first, last]) => size + last - first + 1, 0);
}

/** Index of the first range that ends at `number` or later; the set's length when there is none. */
function firstRangeFrom(set: PieceSet, number: number): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = set[middle];
    if (range !== undefined && range[1] < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
