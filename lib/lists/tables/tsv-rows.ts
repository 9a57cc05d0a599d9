import { byLine } from '../input/lines.ts';
import type { Reader } from '../input/reader.ts';

export interface RowReader {
  /** Its cells without spaces around them; never none. */
  row(cells: readonly string[], line: number): void;
  invalid(line: number, problem: string): void;
  end?(): void;
}

/**
 * Cells between tabs, a row a line. Quotes are letters (`5" tube`), unless they stand around a whole cell, as
 * spreadsheets write them.
 */
export function tsvRows(reader: RowReader, tooLong: string): Reader {
  return byLine({
    line(text, line) {
      if (text.trim() !== '') reader.row(text.split('\t').map(unquoted), line);
    },
    tooLong: (line) => reader.invalid(line, tooLong),
    end: () => reader.end?.(),
  });
}

function unquoted(cell: string): string {
  const text = cell.trim();
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replaceAll('""', '"')
    : text;
}
