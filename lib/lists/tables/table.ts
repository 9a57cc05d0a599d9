import type { Place } from '../entry.ts';
import { invalidList } from '../input/invalid-list.ts';
import { TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import { sniffed } from '../input/sniffed.ts';
import type { Mapping } from '../templates/mapping.ts';
import { mapped } from '../templates/mapping.ts';
import type { Lookup } from '../templates/template.ts';
import { parseTemplate } from '../templates/template.ts';
import { Columns, isHeader, tableMapping } from './columns.ts';
import { csvRows } from './csv-rows.ts';
import type { RowReader } from './tsv-rows.ts';
import { tsvRows } from './tsv-rows.ts';

/** Comma-separated, or with `;` where the header has no comma. */
export function readCsv(context: ReaderContext): Reader {
  return sniffed((first) => csvRows(tableRows(context), first.includes(';') && !/,|:\/\//.test(first) ? ';' : ','));
}

export function readTsv(context: ReaderContext): Reader {
  return tsvRows(tableRows(context), TOO_LONG);
}

/** A table without a header is URL and name, as rclone reads it. */
const URL_AND_NAME = ['url', 'name'];

function tableRows(context: ReaderContext): RowReader {
  const { options } = context;
  const url = options.url === undefined ? undefined : parseTemplate(options.url, '--url');
  const name = options.name === undefined ? undefined : parseTemplate(options.name, '--name');
  const said = options.columns ?? {};
  let table: Table | undefined;

  function begin(cells: readonly string[]): boolean {
    const header = headerOf(cells, options.columns !== undefined || url !== undefined);
    const columns = new Columns(header ?? URL_AND_NAME);
    table = new Table(context, columns, tableMapping(columns, said, url, name), header !== undefined);
    return header !== undefined;
  }

  return {
    row(cells, line) {
      if (table === undefined) {
        // A comment; or a header behind `#`, as bioinformatics writes it.
        if (cells[0]?.startsWith('#') === true && !isHeader(cells.map(withoutHash))) return;
        if (begin(cells)) return;
      }
      table?.row(cells, line);
    },
    invalid: (line, problem) => context.invalid({ line }, problem),
    end() {
      if (table !== undefined) table.end();
    },
  };
}

function withoutHash(cell: string): string {
  return cell.replace(/^#+\s*/, '');
}

/** `undefined`: the first row is an entry. */
function headerOf(cells: readonly string[], isNamed: boolean): readonly string[] | undefined {
  const names = cells.map((cell, index) => (index === 0 ? withoutHash(cell) : cell));
  if (names.some((cell) => cell.includes('://'))) return undefined;
  return isNamed || isHeader(names) || names.length > 1 || !/[./]/.test(names[0] ?? '') ? names : undefined;
}

/** Rows under a header, each an entry by the mapping. */
class Table {
  readonly #context: ReaderContext;
  readonly #columns: Columns;
  readonly #mapping: Mapping;
  readonly #isExact: boolean;
  readonly #nothing: ReadonlySet<string>;
  #rows = 0;
  #passed = 0;

  /** @param isExact a row with more cells than the header is none */
  constructor(context: ReaderContext, columns: Columns, mapping: Mapping, isExact: boolean) {
    this.#context = context;
    this.#columns = columns;
    this.#isExact = isExact;
    this.#nothing = new Set(context.options.skipEmpty ?? []);
    this.#mapping = context.options.skipEmpty === undefined ? mapping : { ...mapping, skipsEmpty: true };
  }

  row(cells: readonly string[], line: number): void {
    this.#rows += 1;
    if (cells.every((cell) => cell === '')) return;
    const at = this.#placeOf(cells, line);
    const { names } = this.#columns;
    if (this.#isExact && cells.slice(names.length).some((cell) => cell !== '')) {
      this.#context.invalid({ line }, `it has ${cells.length} cells, and the header ${names.length}`);
      return;
    }
    const result = mapped(this.#mapping, this.lookup(cells), at);
    if (result === 'passed over') this.#passed += 1;
    else if ('problem' in result) this.#context.invalid(at, result.problem);
    else this.#context.entry(result.draft);
  }

  lookup(cells: readonly string[]): Lookup {
    return (field) => {
      const cell = cells[this.#columns.indexOf(field) ?? -1];
      return cell === undefined || this.#nothing.has(cell) ? undefined : cell;
    };
  }

  end(): void {
    if (this.#rows === 0) throw invalidList('has a header and no rows');
    if (this.#rows === this.#passed) throw invalidList(`has ${this.#rows} rows, of which none names a file`);
  }

  #placeOf(cells: readonly string[], line: number): Place {
    const [field] = this.#mapping.url[0]?.fields ?? [];
    const index = field === undefined ? -1 : (this.#columns.indexOf(field) ?? -1);
    if (index < 0) return { line };
    return { line, column: cells.slice(0, index).reduce((length, cell) => length + cell.length + 1, 1) };
  }
}
