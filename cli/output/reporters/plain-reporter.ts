import type { Context } from '../../context.ts';
import { writeLine } from '../lines.ts';
import { readsUnicode } from '../paint.ts';
import { BLOCKS, LETTERS, pieceMap } from '../piece-map.ts';
import { noticer } from './notices.ts';
import { percentOf, plainLine } from './progress-line.ts';
import type { Reporter } from './reporter.ts';
import { mappedPieces, Tracker } from './tracker.ts';

const LOOK_EVERY_MS = 500;
const COLUMNS = 80;

/** Off a terminal: a line for each ten percent, but not one each second, and at least one in ten seconds. */
export function plainReporter(context: Context, isVerbose: boolean): Reporter {
  const { stderr, environment, now } = context;
  const tracker = new Tracker(now);
  const noticesOf = noticer(isVerbose, now);
  const glyphs = readsUnicode(environment) ? BLOCKS : LETTERS;
  const isDue = cadence(now());

  function look(): void {
    const tracked = tracker.look();
    if (!isDue(now(), percentOf(tracked.progress))) return;
    writeLine(stderr, plainLine(tracked, now()));
    const pieces = isVerbose ? mappedPieces(tracked.progress) : undefined;
    if (pieces === undefined) return;
    for (const line of pieceMap(pieces, { columns: COLUMNS, rows: 1, glyphs })) writeLine(stderr, line);
  }

  const ticker = context.every(LOOK_EVERY_MS, look);
  return {
    event(event) {
      tracker.event(event);
      for (const text of noticesOf(event)) writeLine(stderr, text);
    },
    [Symbol.dispose]: () => ticker[Symbol.dispose](),
  };
}

const STEP_PERCENT = 10;
const LEAST_MS = 1_000;
const MOST_MS = 10_000;

/** When the next plain line is due. Pure but for its memory of the last one. */
export function cadence(startedAt: number): (now: number, percent: number | undefined) => boolean {
  let lastAt = startedAt;
  let lastStep = 0;
  return (now, percent) => {
    const step = percent === undefined ? lastStep : Math.floor(percent / STEP_PERCENT);
    const isStep = step > lastStep && now - lastAt >= LEAST_MS;
    if (!isStep && now - lastAt < MOST_MS) return false;
    lastAt = now;
    lastStep = step;
    return true;
  };
}
