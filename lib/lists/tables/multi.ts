import type { Reader, ReaderContext } from '../input/reader.ts';
import type { Mapping } from '../templates/mapping.ts';
import type { Lookup } from '../templates/template.ts';
import { Columns, isHeader, tableMapping } from './columns.ts';
import { anyRows, givenTemplates } from './generic.ts';
import { underHeader } from './header.ts';
import type { Split } from './row-files.ts';
import { Table } from './table.ts';

/** A table whose cells hold several values, in the same order in each column: a file for each. */
export function readMulti(context: ReaderContext): Reader {
  const { options } = context;
  const given = givenTemplates(options);
  return anyRows(
    underHeader(context, isHeader, (cells) => {
      const columns = new Columns(cells);
      const mapping = tableMapping(columns, options.columns ?? {}, given);
      return {
        table: new Table({
          context,
          columns,
          mapping,
          isExact: true,
          nothing: options.skipEmpty ?? [],
          split: splitBy(options.separator ?? ';', severalOf(mapping, given.name === undefined)),
        }),
      };
    }),
    isHeader,
  );
}

/** The columns that have a value for each file: URL, size, digests, and the name where no template makes it. */
export function severalOf(mapping: Mapping, withNames: boolean): readonly string[] {
  const templates = [
    ...mapping.url,
    ...(mapping.size ?? []),
    ...(mapping.digests ?? []).map(({ template }) => template),
    ...(withNames ? (mapping.name ?? []) : []),
  ];
  return [...new Set(templates.flatMap(({ fields }) => fields))];
}

/**
 * Pairs the values of the columns. A row whose columns have different numbers of values is none: a digest would be that
 * of another file. A column without any is not stated; so is a row without URLs, which has no files.
 * @param columns the first one says how many files there are
 */
export function splitBy(separator: string, columns: readonly string[]): Split {
  const [first = ''] = columns;
  return (lookup) => {
    const values = new Map(columns.map((column) => [column.toLowerCase(), valuesOf(lookup(column), separator)]));
    const count = values.get(first.toLowerCase())?.length ?? 0;
    if (count === 0) return [];
    for (const [column, each] of values) {
      if (each.length !== 0 && each.length !== count) {
        return {
          problem: `${first} has ${count} values and ${column} ${each.length}: which belong together is not known`,
        };
      }
    }
    return Array.from(
      { length: count },
      (_, index): Lookup =>
        (field) => {
          const own = values.get(field.toLowerCase());
          return own === undefined ? lookup(field) : own[index];
        },
    );
  };
}

/** A separator at the end has nothing after it. */
function valuesOf(cell: string | undefined, separator: string): readonly string[] {
  const values = (cell ?? '').split(separator).map((value) => value.trim());
  while (values.at(-1) === '') values.pop();
  return values;
}
