import { requireBase } from '../input/invalid-list.ts';
import { byLine, TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';

/** One path a line, below the base, as Common Crawl publishes them. The folders stay in the name. */
export function readPaths(context: ReaderContext): Reader {
  requireBase(context.options, 'paths');
  return byLine({
    line(text, line) {
      const path = text.trim();
      if (path === '' || path.startsWith('#')) return;
      const at = { line, column: text.indexOf(path) + 1 };
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) context.entry({ at, sources: [path] });
      else context.entry({ at, sources: [], path });
    },
    tooLong: (line) => context.invalid({ line }, TOO_LONG),
  });
}
