import { TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import { sniffed } from '../input/sniffed.ts';
import type { ListOptions } from '../options.ts';
import { parseTemplate } from '../templates/template.ts';
import type { GivenTemplates } from './columns.ts';
import { Columns, isHeader, tableMapping } from './columns.ts';
import { csvRows } from './csv-rows.ts';
import { underHeader } from './header.ts';
import { Table } from './table.ts';
import type { RowReader } from './tsv-rows.ts';
import { tsvRows } from './tsv-rows.ts';

/** Comma-separated, or with `;` where the header has no comma. */
export function readCsv(context: ReaderContext): Reader {
  return csvOrSemicolons(tableRows(context), isHeader);
}

export function readTsv(context: ReaderContext): Reader {
  return tsvRows(tableRows(context), TOO_LONG);
}

/** Tabs where the first line has one; else CSV. */
export function anyRows(rows: RowReader, isHeader: IsHeader): Reader {
  return sniffed(
    (first) => (first.includes('\t') ? tsvRows(rows, TOO_LONG) : csvOrSemicolons(rows, isHeader)),
    commentsAbove(isHeader),
  );
}

function csvOrSemicolons(rows: RowReader, isHeader: IsHeader): Reader {
  return sniffed(
    (first) => csvRows(rows, first.includes(';') && !/,|:\/\//.test(first) ? ';' : ','),
    commentsAbove(isHeader),
  );
}

/** What says nothing of how cells are cut; the header may stand behind `#` itself. */
function commentsAbove(isHeader: IsHeader): (line: string) => boolean {
  return (line) =>
    line.startsWith('#') &&
    !isHeader(
      line
        .replace(/^#+\s*/, '')
        .split(/[,;\t]/)
        .map((cell) => cell.trim()),
    );
}

type IsHeader = (cells: readonly string[]) => boolean;

/** The templates that were given for a table. */
export function givenTemplates(options: ListOptions): GivenTemplates {
  return {
    url: options.url === undefined ? undefined : parseTemplate(options.url, '--url'),
    name: options.name === undefined ? undefined : parseTemplate(options.name, '--name'),
    checksums:
      options.checksumsFrom === undefined ? undefined : parseTemplate(options.checksumsFrom, '--checksums-from'),
  };
}

/** A table without a header is URL and name, as rclone reads it. */
const URL_AND_NAME = ['url', 'name'];

function tableRows(context: ReaderContext): RowReader {
  const { options } = context;
  const given = givenTemplates(options);
  return underHeader(context, isHeader, (cells) => {
    const hasHeader = isHeaderRow(cells, options.columns !== undefined || given.url !== undefined);
    const columns = new Columns(hasHeader ? cells : URL_AND_NAME);
    const mapping = tableMapping(columns, options.columns ?? {}, given);
    const { skipEmpty } = options;
    const table = new Table({
      context,
      columns,
      mapping: skipEmpty === undefined ? mapping : { ...mapping, skipsEmpty: true },
      isExact: hasHeader,
      ...(skipEmpty === undefined ? {} : { nothing: skipEmpty }),
    });
    return { table, isEntry: !hasHeader };
  });
}

/** A first row with a URL is an entry, and so is one cell that looks like a path. */
function isHeaderRow(cells: readonly string[], isNamed: boolean): boolean {
  if (cells.some((cell) => cell.includes('://'))) return false;
  return isNamed || cells.length > 1 || isHeader(cells) || !/[./]/.test(cells[0] ?? '');
}
