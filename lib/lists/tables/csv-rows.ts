import { parse } from 'csv-parse/sync';
import { byLine, MAX_LINE, TOO_LONG } from '../input/lines.ts';
import type { Reader } from '../input/reader.ts';
import type { RowReader } from './tsv-rows.ts';

/**
 * Rows of RFC 4180: quotes around cells, doubled within, and ends of lines within quotes. A quote that has no other
 * costs its own line: the lines after it are read as rows again.
 */
export function csvRows(reader: RowReader, delimiter = ','): Reader {
  /** Lines of a row whose quotes are still open. */
  let open: string[] = [];
  let openLength = 0;
  let firstLine = 0;

  function take(text: string, line: number): void {
    if (open.length === 0) {
      if (text.trim() === '') return;
      if (!text.includes('"')) {
        reader.row(
          text.split(delimiter).map((cell) => cell.trim()),
          line,
        );
        return;
      }
      firstLine = line;
    }
    open.push(text);
    openLength += text.length + 1;
    if (openLength > MAX_LINE) giveUp();
    else if (hasEvenQuotes(text) === (open.length === 1)) close();
  }

  /** The quotes match: the row is whole. */
  function close(): void {
    const cells = parsed(open.join('\n'), delimiter);
    if (cells === undefined) {
      giveUp();
      return;
    }
    const line = firstLine;
    open = [];
    openLength = 0;
    reader.row(cells, line);
  }

  function giveUp(): void {
    const [, ...lines] = open;
    const after = firstLine + 1;
    open = [];
    openLength = 0;
    reader.invalid(firstLine, 'its quotes do not match; a quote within a cell is doubled, and the cell quoted');
    for (const [index, text] of lines.entries()) take(text, after + index);
  }

  return byLine({
    line: take,
    tooLong(line) {
      if (open.length > 0) giveUp();
      reader.invalid(line, TOO_LONG);
    },
    end() {
      while (open.length > 0) giveUp();
      reader.end?.();
    },
  });
}

function parsed(text: string, delimiter: string): readonly string[] | undefined {
  try {
    const rows: string[][] = parse(text, { delimiter, trim: true, relax_column_count: true });
    return rows.length === 1 ? rows[0] : undefined;
  } catch {
    return undefined;
  }
}

function hasEvenQuotes(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes += 1;
  return quotes % 2 === 0;
}
