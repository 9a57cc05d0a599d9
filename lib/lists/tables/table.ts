import type { Place } from '../entry.ts';
import { invalidList } from '../input/invalid-list.ts';
import type { Draft, ReaderContext } from '../input/reader.ts';
import type { Mapping } from '../templates/mapping.ts';
import { mapped } from '../templates/mapping.ts';
import type { Lookup } from '../templates/template.ts';
import type { Columns } from './columns.ts';

/** The files that a row names, each by what its columns are for it. */
export type Split = (lookup: Lookup) => readonly Lookup[] | { readonly problem: string };

export interface TableOptions {
  readonly context: ReaderContext;
  readonly columns: Columns;
  readonly mapping: Mapping;
  /** A row with more cells than the header is none. */
  readonly isExact: boolean;
  /** Values that mean that nothing is there, as an empty cell does. */
  readonly nothing?: readonly string[];
  /** @default one file a row */
  readonly split?: Split;
  readonly change?: (draft: Draft) => Draft;
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
    const { context, columns, isExact, split } = this.#options;
    this.#rows += 1;
    if (isExact && cells.slice(columns.names.length).some((cell) => cell !== '')) {
      context.invalid({ line }, `it has ${cells.length} cells, and the header ${columns.names.length}`);
      return;
    }
    const lookup = this.#lookup(cells);
    const files = split?.(lookup) ?? [lookup];
    const at = this.#placeOf(cells, line);
    if ('problem' in files) context.invalid(at, files.problem);
    else if (files.length === 0) this.#empty += 1;
    else for (const file of files) this.#file(file, at);
  }

  end(): void {
    if (this.#rows === 0) throw invalidList('has a header and no rows');
    if (this.#rows === this.#empty) throw invalidList(`has ${this.#rows} rows, of which none names a file`);
  }

  #file(lookup: Lookup, at: Place): void {
    const { context, mapping, change } = this.#options;
    const result = mapped(mapping, lookup, at);
    if (result === 'passed over') this.#empty += 1;
    else if ('problem' in result) context.invalid(at, result.problem);
    else context.entry(change?.(result.draft) ?? result.draft);
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
