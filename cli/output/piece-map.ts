import type { Colour, Paint } from './paint.ts';
import { noPaint } from './paint.ts';

/** What is known of each piece, by its number from 1. */
export interface MappedPieces {
  readonly count: number;
  isDone(pieceNumber: number): boolean;
  /** Part of a piece in flight that has come in, 0 to 1; `undefined` when it is not in flight. */
  inFlight(pieceNumber: number): number | undefined;
  /** It failed, and waits to be fetched again. */
  isTroubled(pieceNumber: number): boolean;
}

export interface Glyphs {
  readonly open: string;
  /** From little to much. */
  readonly partial: readonly string[];
  readonly done: string;
  readonly trouble: string;
}

export const BLOCKS: Glyphs = { open: '·', partial: ['░', '▒', '▓'], done: '█', trouble: '!' };
export const LETTERS: Glyphs = { open: '.', partial: ['-', '+', '*'], done: '#', trouble: '!' };

export interface MapSpace {
  readonly columns: number;
  readonly rows: number;
  readonly glyphs: Glyphs;
  readonly paint?: Paint;
}

/** The piece map: one character for each piece, or for several neighbours where there are more than fit. */
export function pieceMap(pieces: MappedPieces, { columns, rows, glyphs, paint = noPaint }: MapSpace): string[] {
  const cells = Math.min(pieces.count, Math.max(1, columns * rows));
  const lines: string[] = [];
  for (let begin = 0; begin < cells; begin += columns) {
    const end = Math.min(begin + columns, cells);
    const states = Array.from({ length: end - begin }, (_, index) => cellState(pieces, begin + index, cells));
    lines.push(draw(states, glyphs, paint));
  }
  return lines;
}

type State = 'trouble' | number;

function cellState(pieces: MappedPieces, cell: number, cells: number): State {
  const first = Math.floor((cell * pieces.count) / cells) + 1;
  const last = Math.floor(((cell + 1) * pieces.count) / cells);
  let sum = 0;
  let isTouched = false;
  for (let number = first; number <= last; number += 1) {
    if (pieces.isDone(number)) {
      sum += 1;
      continue;
    }
    const part = pieces.inFlight(number);
    if (part !== undefined) {
      isTouched = true;
      sum += Math.min(part, 0.99);
    } else if (pieces.isTroubled(number)) return 'trouble';
  }
  const fraction = sum / (last - first + 1);
  // A piece of which nothing came yet is under way all the same, and is to look so.
  return fraction === 0 && isTouched ? Number.MIN_VALUE : fraction;
}

function draw(states: readonly State[], glyphs: Glyphs, paint: Paint): string {
  const runs: { readonly colour: Colour; text: string }[] = [];
  for (const state of states) {
    const { glyph, colour } = cell(state, glyphs);
    const last = runs.at(-1);
    if (last?.colour === colour) last.text += glyph;
    else runs.push({ colour, text: glyph });
  }
  return runs.map(({ colour, text }) => paint(colour, text)).join('');
}

function cell(state: State, glyphs: Glyphs): { readonly glyph: string; readonly colour: Colour } {
  if (state === 'trouble') return { glyph: glyphs.trouble, colour: 'yellow' };
  if (state >= 1) return { glyph: glyphs.done, colour: 'green' };
  if (state <= 0) return { glyph: glyphs.open, colour: 'dim' };
  const shade = Math.min(Math.floor(state * glyphs.partial.length), glyphs.partial.length - 1);
  return { glyph: glyphs.partial[shade] ?? glyphs.open, colour: 'cyan' };
}
