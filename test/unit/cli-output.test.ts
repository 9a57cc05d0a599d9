import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paintFor } from '../../cli/output/paint.ts';
import type { MappedPieces } from '../../cli/output/piece-map.ts';
import { BLOCKS, LETTERS, pieceMap } from '../../cli/output/piece-map.ts';
import { LiveArea } from '../../cli/output/reporters/live-area.ts';
import { noticer } from '../../cli/output/reporters/notices.ts';
import { cadence } from '../../cli/output/reporters/plain-reporter.ts';
import { connectionsLine, percentOf, plainLine, progressLine } from '../../cli/output/reporters/progress-line.ts';
import { Tracker } from '../../cli/output/reporters/tracker.ts';
import { oneLine, shorten, table } from '../../cli/output/text.ts';
import type { Plan } from '../../lib/transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { capturedOutput } from '../support/cli-context.ts';

const MIB = 1024 ** 2;
const transferId = '01J00000000000000000000000';
const snapshot = { ranges: true, sizeBytes: 1, validator: { kind: 'none' }, digests: {}, warnings: [] } as const;

function planned(plan: Plan, done: readonly number[] = []): PieceworkEvent {
  return { type: 'planned', transferId, plan, snapshot, doneThrough: 0, done };
}

const plan: Plan = { mode: 'pieces', sizeBytes: 64 * MIB, pieceSizeBytes: 4 * MIB, pieceCount: 16 };

/** Each event at its second. */
function tracked(events: readonly (readonly [second: number, event: PieceworkEvent])[]) {
  let now = 0;
  const tracker = new Tracker(() => now);
  for (const [second, event] of events) {
    now = second * 1000;
    tracker.event(event);
  }
  return tracker.look();
}

const piece = (type: 'piece.progress', pieceNumber: number, bytes: number): PieceworkEvent => ({
  type,
  transferId,
  pieceNumber,
  bytes,
});
const started = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.started',
  transferId,
  pieceNumber,
  attempt: 1,
  bytes: 4 * MIB,
});
const done = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.done',
  transferId,
  pieceNumber,
  bytes: 4 * MIB,
  elapsedMs: 1,
});
const requeued = (
  pieceNumber: number,
  delayMs: number,
  code: 'SourceReset' | 'SourceBusy' = 'SourceReset',
): PieceworkEvent => ({
  type: 'piece.requeued',
  transferId,
  pieceNumber,
  attempt: 2,
  delayMs,
  error: { code, message: 'the source said no' },
});

const half = tracked([
  [0, planned(plan, [1, 2])],
  [0, started(3)],
  [1, piece('piece.progress', 3, MIB)],
  [2, done(3)],
  [2, started(4)],
  [2, started(5)],
  [3, requeued(5, 10)],
  [4, piece('piece.progress', 4, 2 * MIB)],
]);

describe('the progress line', () => {
  const style = { full: '=', empty: '-' };

  it('shows bytes, percent, pieces, speed, time left and retries', () => {
    expect(progressLine(half, 4000, { ...style, columns: 100 })).toBe(
      ' 21%  [=====-------------------]     14 MiB of 64 MiB   3/16 pieces    1.5 MiB/s   34s left  1 retry',
    );
  });

  it('is never longer than the terminal, and says the bytes to the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (columns) => {
        expect(progressLine(half, 4000, { ...style, columns }).length).toBeLessThanOrEqual(columns);
      }),
    );
    expect(progressLine(half, 4000, { ...style, columns: 30 })).toBe(' 21%     14 MiB of 64 MiB');
  });

  it('fills the bar with the percent', () => {
    const barOf = (columns: number) => /\[(=*)(-*)\]/.exec(progressLine(half, 4000, { ...style, columns }));
    const [, full = '', empty = ''] = barOf(119) ?? [];
    expect(full.length).toBe(Math.floor(((full.length + empty.length) * 21) / 100));
  });

  it('knows no percent where the size is unknown', () => {
    const stream = tracked([
      [0, planned({ mode: 'stream', pieceSizeBytes: 8 * MIB })],
      [1, done(1)],
    ]);
    expect(percentOf(stream.progress)).toBeUndefined();
    expect(progressLine(stream, 2000, { ...style, columns: 79 })).toBe('    4 MiB  1 piece      2 MiB/s');
  });

  it('says hundred percent only when everything is there', () => {
    const pieces = Array.from({ length: 15 }, (_, index) => index + 1);
    const almost = tracked([
      [0, planned(plan, pieces)],
      [0, started(16)],
      [1, piece('piece.progress', 16, 4 * MIB - 1)],
    ]);
    expect(percentOf(almost.progress)).toBe(99);
    expect(percentOf(tracked([[0, planned(plan, [...pieces, 16])]]).progress)).toBe(100);
  });

  it('says what is going on before and after the pieces', () => {
    expect(progressLine(tracked([]), 0, { ...style, columns: 79 })).toBe('asking the source');
    const finishing = tracked([
      [0, planned(plan)],
      [1, { type: 'finalizing', transferId }],
    ]);
    expect(progressLine(finishing, 0, { ...style, columns: 79 })).toBe('checking, and moving into place');
    expect(progressLine(finishing, 0, { ...style, columns: 8 })).toBe('checking');
  });

  it('has a plain form for logs', () => {
    expect(plainLine(half, 4000)).toBe('21%, 14 MiB of 64 MiB, 3 of 16 pieces, 1.5 MiB/s, 34s left, 1 retry');
  });

  it('tells how the connections do', () => {
    expect(connectionsLine(half.progress, 4000)).toBe('1 connection, 1 MiB/s each');
    expect(connectionsLine(half.progress, 2100)).toBe('1 connection');
  });
});

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

describe('the cadence of plain lines', () => {
  it('is each ten percent, not more than one a second, and one in ten seconds at least', () => {
    const isDue = cadence(0);
    expect(isDue(500, 15)).toBe(false);
    expect(isDue(1000, 15)).toBe(true);
    expect(isDue(3000, 19)).toBe(false);
    expect(isDue(3000, 20)).toBe(true);
    expect(isDue(12_999, 21)).toBe(false);
    expect(isDue(13_000, 21)).toBe(true);
    expect(isDue(22_000, undefined)).toBe(false);
    expect(isDue(23_000, undefined)).toBe(true);
  });
});

describe('notices', () => {
  const all = (isVerbose: boolean, events: readonly PieceworkEvent[]) => {
    const notices = noticer(isVerbose, () => 0);
    return events.flatMap((event) => notices(event));
  };

  it('say that a piece is slow only to those who want to know everything', () => {
    const rescued = { type: 'piece.rescued', transferId, pieceNumber: 4, restBytes: MIB, afterMs: 6_000 } as const;
    expect(all(false, [rescued])).toEqual([]);
    expect(all(true, [rescued])).toEqual(['piece 4 is slow after 6s: asked once more on another connection']);
  });

  it('say a resume with its pieces, and why a transfer starts over', () => {
    expect(
      all(false, [
        { type: 'resuming', transferId, doneCount: 37, pieceCount: 64, doneBytes: 1 },
        { type: 'superseded', transferId, because: 'the source had 3 bytes and has 4 now' },
        { type: 'restarted', transferId, reason: { code: 'SourceChanged', message: 'the source changed' } },
      ]),
    ).toEqual([
      `resuming ${transferId}: 37 of 64 pieces present`,
      'starting over: the source had 3 bytes and has 4 now',
      'starting over: the source changed',
    ]);
  });

  it('say a long wait once for many pieces, and short ones only when asked', () => {
    const events = [requeued(1, 500), requeued(2, 5000), requeued(3, 5000), requeued(4, 6000, 'SourceBusy')];
    expect(all(false, events)).toEqual([
      'piece 2 again in 5s: the source said no',
      'piece 4 again in 6s: the source said no',
    ]);
    expect(all(true, events)).toHaveLength(4);
  });

  it('say a warning once, though an event may come twice', () => {
    const warned = {
      ...planned(plan),
      snapshot: { ...snapshot, warnings: ['the link expires soon'] },
    } as PieceworkEvent;
    expect(all(false, [warned, warned])).toEqual(['warning: the link expires soon']);
  });

  it('say why there is one connection only, unless the source’s own warnings do', () => {
    const stream = (more: object, sizeBytes?: number): PieceworkEvent => ({
      type: 'planned',
      transferId,
      plan: { mode: 'stream', pieceSizeBytes: MIB, ...(sizeBytes === undefined ? {} : { sizeBytes }) },
      snapshot: { ...snapshot, ...more },
      doneThrough: 0,
      done: [],
    });
    expect(all(false, [stream({}, 3 * MIB)])).toEqual([
      'the source does not serve its ranges after all: one connection, and a broken transfer starts over',
    ]);
    const { sizeBytes: _size, ...unsized } = snapshot;
    const unknown = { ...stream({}), snapshot: unsized } as PieceworkEvent;
    expect(all(false, [unknown])).toEqual([
      'the source does not say how long it is: one connection, and a broken transfer starts over',
    ]);
    expect(all(false, [stream({ ranges: false, warnings: ['no ranges'] }, 3 * MIB)])).toEqual(['warning: no ranges']);
  });
});

describe('text', () => {
  it('lets nobody forge a line or move the cursor', () => {
    expect(oneLine('a\nb\u001b[2Jc\u202ed')).toBe('a�b�[2Jc�d');
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
