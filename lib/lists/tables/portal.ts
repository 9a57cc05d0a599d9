import type { Draft, Reader, ReaderContext } from '../input/reader.ts';
import { fieldTemplate } from '../templates/template.ts';
import { Columns, tableMapping } from './columns.ts';
import { anyRows, givenTemplates } from './generic.ts';
import { underHeader } from './header.ts';
import { Table } from './table.ts';

/** Names of the first column of a manifest. */
const IDS = /^(?:id|file_?id|object_id|guid)$/i;
const SEVERAL = /^urls$/i;

/** A manifest of a data portal: ids, names, sizes and MD5; URLs are made of them by a template, or stand in `urls`. */
export function readPortal(context: ReaderContext): Reader {
  const { options } = context;
  const given = givenTemplates(options);
  return anyRows(
    underHeader(context, isManifest, (cells) => {
      const columns = new Columns(cells);
      const several =
        given.url === undefined && options.columns?.url === undefined ? columns.first(SEVERAL) : undefined;
      const url = several === undefined ? given.url : fieldTemplate(several);
      const table = new Table({
        context,
        columns,
        mapping: {
          ...tableMapping(columns, options.columns ?? {}, { ...given, url }),
          skipsEmpty: options.skipEmpty !== undefined,
        },
        isExact: true,
        nothing: options.skipEmpty ?? [],
        ...(several === undefined ? {} : { change: withMirrors }),
      });
      return { table };
    }),
    isManifest,
  );
}

export function isManifest(cells: readonly string[]): boolean {
  return (
    IDS.test(cells[0] ?? '') &&
    cells.some((cell) => /^md5(?:sum)?$/i.test(cell)) &&
    cells.some((cell) => /^size$/i.test(cell))
  );
}

/** URLs of one file, by comma; a comma within a URL is no end of it. */
function withMirrors(draft: Draft): Draft {
  return { ...draft, sources: draft.sources.flatMap((source) => source.split(/,\s*(?=[a-z][a-z0-9+.-]*:\/\/)/i)) };
}
