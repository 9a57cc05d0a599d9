import type { Place } from '../entry.ts';
import { invalidList } from '../input/invalid-list.ts';
import type { Lookup } from '../templates/template.ts';
import type { Columns } from './columns.ts';
import type { RowMapping } from './row-files.ts';
import { takeFiles } from './row-files.ts';

export interface TableOptions extends RowMapping {
  readonly columns: Columns;
  /** A row with more cells than the header is none. */
  readonly isExact: boolean;
  /** Values that mean that nothing is there, as an empty cell does. */
  readonly nothing?: readonly string[];
}

/** Rows under a header, whose entries are made by the mapping. */
export class Table {
  readonly #options: TableOptions;
  readonly #nothing: ReadonlySet<string>;
  #rows = 0;
  #empty = 0;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#nothing = new Set(options.nothing ?? []);
  }

  row(cells: readonly string[], line: number): void {
    const { context, columns, isExact } = this.#options;
    this.#rows += 1;
    if (isExact && cells.slice(columns.names.length).some((cell) => cell !== '')) {
      context.invalid({ line }, `it has ${cells.length} cells, and the header ${columns.names.length}`);
      return;
    }
    if (!takeFiles(this.#options, this.#lookup(cells), this.#placeOf(cells, line))) this.#empty += 1;
  }

  end(): void {
    if (this.#rows === 0) throw invalidList('has a header and no rows');
    if (this.#rows === this.#empty) throw invalidList(`has ${this.#rows} rows, of which none names a file`);
  }

  #lookup(cells: readonly string[]): Lookup {
    return (field) => {
      const cell = cells[this.#options.columns.indexOf(field) ?? -1];
      return cell === undefined || this.#nothing.has(cell) ? undefined : cell;
    };
  }

  #placeOf(cells: readonly string[], line: number): Place {
    const { mapping, columns } = this.#options;
    const index = columns.indexOf(mapping.url[0]?.fields[0] ?? '') ?? -1;
    if (index < 0) return { line };
    return { line, column: cells.slice(0, index).reduce((length, cell) => length + cell.length + 1, 1) };
  }
}
