import type { ReaderContext } from '../input/reader.ts';
import type { RowReader } from './tsv-rows.ts';

interface TableLike {
  row(cells: readonly string[], line: number): void;
  end(): void;
}

/**
 * Rows of a table, whose first one says what it is: it is the header, or, where `begin` says so, an entry as well.
 * Comments above it are passed over; the header may stand behind `#` itself, as bioinformatics writes it.
 */
export function underHeader(
  context: ReaderContext,
  isHeader: (cells: readonly string[]) => boolean,
  begin: (cells: readonly string[]) => { readonly table: TableLike; readonly isEntry?: boolean },
): RowReader {
  let table: TableLike | undefined;
  return {
    row(cells, line) {
      if (cells.every((cell) => cell === '')) return;
      if (table !== undefined) {
        table.row(cells, line);
        return;
      }
      const [first = '', ...others] = cells;
      const bare = [first.replace(/^#+\s*/, ''), ...others];
      if (first.startsWith('#') && !isHeader(bare)) return;
      const begun = begin(bare);
      table = begun.table;
      if (begun.isEntry === true) table.row(cells, line);
    },
    invalid: (line, problem) => context.invalid({ line }, problem),
    end: () => table?.end(),
  };
}
