import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paintFor } from '../../cli/output/paint.ts';
import type { MappedPieces } from '../../cli/output/piece-map.ts';
import { BLOCKS, LETTERS, pieceMap } from '../../cli/output/piece-map.ts';
import { LiveArea } from '../../cli/output/reporters/live-area.ts';
import { shorten, table } from '../../cli/output/text.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { capturedOutput } from '../support/cli-context.ts';

describe('the piece map', () => {
  const states = (text: string): MappedPieces => ({
    count: text.length,
    isDone: (number) => text[number - 1] === 'd',
    inFlight: (number) => (/\d/.test(text[number - 1] ?? '') ? Number(text[number - 1]) / 10 : undefined),
    isTroubled: (number) => text[number - 1] === '!',
  });
  const space = { columns: 20, rows: 2, glyphs: BLOCKS };

  it('draws a character for each piece', () => {
    expect(pieceMap(states('dd0159!..'), space)).toEqual(['██░░▒▓!··']);
    expect(pieceMap(states('dd0159!..'), { ...space, glyphs: LETTERS })).toEqual(['##--+*!..']);
  });

  it('breaks lines at the width', () => {
    expect(pieceMap(states('d'.repeat(25)), space)).toEqual(['█'.repeat(20), '█'.repeat(5)]);
  });

  it('takes neighbours together where there are more than fit', () => {
    const narrow = { columns: 4, rows: 1, glyphs: BLOCKS };
    expect(pieceMap(states('dddd....'), narrow)).toEqual(['██··']);
    expect(pieceMap(states('d.dd!.0.'), narrow)).toEqual(['▒█!░']);
  });

  it('fills the space and no more, shows all done only when all are, and no trouble that is not there', () => {
    const text = fc.string({ unit: fc.constantFrom('d', '.', '5', '!'), minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 }), (pieces, columns, rows) => {
        const map = pieceMap(states(pieces), { columns, rows, glyphs: BLOCKS });
        const all = map.join('');
        expect(map.length).toBeLessThanOrEqual(rows);
        for (const line of map) expect([...line].length).toBeLessThanOrEqual(columns);
        expect([...all].length).toBe(Math.min(pieces.length, columns * rows));
        expect([...all].every((glyph) => glyph === '█')).toBe([...pieces].every((state) => state === 'd'));
        expect(all.includes('!')).toBe(pieces.includes('!'));
        if (!/[d5!]/.test(pieces)) expect(new Set(all)).toEqual(new Set('·'));
      }),
    );
  });

  it('colours runs, and nothing with NO_COLOR or off a terminal', () => {
    const painted = pieceMap(states('dd.'), { ...space, paint: paintFor(capturedOutput(true), { TERM: 'xterm' }) });
    expect(painted).toEqual(['\u001b[32m██\u001b[39m\u001b[2m·\u001b[22m']);
    for (const [isTTY, environment] of [
      [true, { NO_COLOR: '1' }],
      [true, { TERM: 'dumb' }],
      [false, {}],
    ] as const) {
      expect(paintFor(capturedOutput(isTTY), environment)('red', 'text')).toBe('text');
    }
  });
});

/** A terminal, as far as the live area needs one: lines that wrap, cursor up, carriage return, erase below. */
function terminal(columns: number) {
  const rows: string[] = [''];
  let [row, column] = [0, 0];
  const put = (character: string): void => {
    if (column === columns) {
      row += 1;
      column = 0;
    }
    rows[row] = (rows[row] ?? '').padEnd(column).slice(0, column) + character + (rows[row] ?? '').slice(column + 1);
    column += 1;
  };
  return {
    columns,
    write(text: string) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal reads control sequences
      for (const [token] of text.matchAll(/\u001b\[(\d*)([A-Za-z])|[\s\S]/g)) {
        if (token.endsWith('A') && token.length > 1) row = Math.max(0, row - Number(token.slice(2, -1)));
        else if (token === '\u001b[0J') rows.splice(row, rows.length, (rows[row] ?? '').slice(0, column));
        else if (token === '\r') column = 0;
        else if (token === '\n') [row, column] = [row + 1, 0];
        else put(token);
        rows[row] ??= '';
      }
    },
    screen: () => rows.map((line) => line.trimEnd()).join('\n'),
  };
}

describe('the live area', () => {
  it('stays under what is printed, and leaves nothing behind', () => {
    const line = fc
      .string({ unit: fc.constantFrom('a', 'b', ' '), minLength: 1, maxLength: 19 })
      .map((text) => `${text}x`);
    const step = fc.oneof(
      fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => ({ lines })),
      line.map((text) => ({ text })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const screen = terminal(20);
        const area = new LiveArea(screen);
        const printed: string[] = [];
        let drawn: readonly string[] = [];
        for (const next of steps) {
          if ('lines' in next) {
            area.draw(next.lines);
            drawn = next.lines;
          } else {
            area.above(next.text);
            printed.push(next.text);
          }
          expect(screen.screen()).toBe([...printed, ...(drawn.length === 0 ? [''] : drawn)].join('\n'));
        }
        area.clear();
        expect(screen.screen()).toBe([...printed, ''].join('\n'));
      }),
    );
  });

  it('draws nothing that is there already', () => {
    const output = capturedOutput(true);
    const area = new LiveArea(output);
    area.draw(['same']);
    area.draw(['same']);
    expect(output.text).toBe('same');
  });

  it('counts the rows of lines that a narrower window has wrapped', () => {
    const output = capturedOutput(true, 80);
    const area = new LiveArea(output);
    area.draw(['x'.repeat(70), '\u001b[32mcolour\u001b[39m']);
    output.text = '';
    output.columns = 35;
    area.clear();
    expect(output.text).toBe('\u001b[2A\r\u001b[0J');
  });
});

describe('text', () => {
  it('lets nobody forge a line or move the cursor', () => {
    expect(printable('a\nb\u001b[2Jc\u202ed')).toBe('a�b�[2Jc�d');
  });

  it('is shortened in its middle', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), fc.nat({ max: 40 }), (text, width) => {
        const short = shorten(text, width);
        expect(short.length).toBeLessThanOrEqual(Math.max(width, 0));
        if (text.length <= width) expect(short).toBe(text);
      }),
    );
    expect(shorten('s3://bucket/long/key.bin', 13)).toBe('s3:/…/key.bin');
  });

  it('stands in columns', () => {
    expect(table(['A', 'LONG'], [['xyz', '1']])).toEqual(['A    LONG', 'xyz  1']);
  });
});
