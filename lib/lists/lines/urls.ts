import { byLine, TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';

/** One URL a line. Empty lines and lines that begin with `#` are passed over. */
export function readUrls({ entry, invalid }: ReaderContext): Reader {
  return byLine({
    line(text, line) {
      const url = text.trim();
      if (url === '' || url.startsWith('#')) return;
      entry({ at: { line, column: text.indexOf(url) + 1 }, sources: [url] });
    },
    tooLong: (line) => invalid({ line }, TOO_LONG),
  });
}
