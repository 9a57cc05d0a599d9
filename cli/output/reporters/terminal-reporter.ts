import { printable } from '../../../lib/values/text/printable.ts';
import type { Context } from '../../context.ts';
import { paintFor, readsUnicode } from '../paint.ts';
import { BLOCKS, LETTERS, pieceMap } from '../piece-map.ts';
import { LiveArea } from './live-area.ts';
import { noticer } from './notices.ts';
import { connectionsLine, progressLine } from './progress-line.ts';
import type { Reporter } from './reporter.ts';
import { mappedPieces, Tracker } from './tracker.ts';

const REDRAW_EVERY_MS = 100;
const MAP_ROWS = 4;
/** Some terminals wrap as soon as the last column is written to, and all of them echo `^C` behind the line. */
const FREE_COLUMNS = 3;

/** One line that is drawn over, and with `isVerbose` the piece map above it. */
export function terminalReporter(context: Context, isVerbose: boolean): Reporter {
  const { stderr, environment, now } = context;
  const tracker = new Tracker(now);
  const area = new LiveArea(stderr);
  const noticesOf = noticer(isVerbose, now);
  const paint = paintFor(stderr, environment);
  const isUnicode = readsUnicode(environment);
  const glyphs = isUnicode ? BLOCKS : LETTERS;

  function draw(): void {
    const tracked = tracker.look();
    const columns = Math.max(10, (stderr.columns ?? 80) - FREE_COLUMNS);
    const style = { columns, full: isUnicode ? '━' : '=', empty: isUnicode ? '╌' : '-' };
    const lines = [progressLine(tracked, now(), style)];
    if (isVerbose && tracked.phase === 'moving') {
      const pieces = mappedPieces(tracked.progress);
      const map = pieces === undefined ? [] : pieceMap(pieces, { columns, rows: MAP_ROWS, glyphs, paint });
      lines.unshift(...map);
      lines.push(paint('dim', connectionsLine(tracked.progress, now()).slice(0, columns)));
    }
    area.draw(lines);
  }

  draw();
  const ticker = context.every(REDRAW_EVERY_MS, draw);
  return {
    event(event) {
      tracker.event(event);
      for (const text of noticesOf(event)) area.above(paintNotice(printable(text)));
    },
    [Symbol.dispose]() {
      ticker[Symbol.dispose]();
      area.clear();
    },
  };

  function paintNotice(text: string): string {
    return text.startsWith('warning:') ? paint('yellow', text) : text;
  }
}
