import { cleaned } from '../../errors/redact.ts';
import { fieldLookup } from '../documents/fields.ts';
import { jsonItems } from '../documents/json-items.ts';
import { pointerText } from '../documents/pointer.ts';
import { invalidList } from '../input/invalid-list.ts';
import { TOO_LONG } from '../input/lines.ts';
import type { Draft, Reader, ReaderContext } from '../input/reader.ts';
import { sniffed } from '../input/sniffed.ts';
import type { Mapping } from '../templates/mapping.ts';
import { fieldTemplate, parseTemplate } from '../templates/template.ts';
import { Columns } from './columns.ts';
import { underHeader } from './header.ts';
import { severalOf, splitBy } from './multi.ts';
import type { RowMapping } from './row-files.ts';
import { takeFiles } from './row-files.ts';
import { Table } from './table.ts';
import { tsvRows } from './tsv-rows.ts';

/** A column of URLs of a file report; the others of its family are called alike. */
export const ENA_COLUMN = /^(fastq|submitted|sra)_ftp$/;
const NO_FAMILY = 'has no files of that family';

/** File report of the European Nucleotide Archive, as TSV or JSON: cells hold the files of a run, split by `;`. */
export function readEna(context: ReaderContext): Reader {
  const { options } = context;
  const family = options.family ?? 'fastq';
  const name = options.name === undefined ? undefined : parseTemplate(options.name, '--name');
  const mapping: Mapping = {
    url: [fieldTemplate(`${family}_ftp`)],
    ...(name === undefined ? {} : { name: [name] }),
    size: [fieldTemplate(`${family}_bytes`)],
    digests: [{ algorithm: 'md5', template: fieldTemplate(`${family}_md5`) }],
  };
  const files: RowMapping = { context, mapping, split: splitBy(';', severalOf(mapping, false)), change: withSchemes };

  function table(cells: readonly string[]): Table {
    const columns = new Columns(cells);
    if (columns.indexOf(`${family}_ftp`) === undefined) {
      const families = cells.flatMap((cell) => ENA_COLUMN.exec(cell)?.[1] ?? []);
      throw invalidList(
        `has no column "${cleaned(family, 40)}_ftp"; ${families.length === 0 ? columns.described() : `its families are: ${families.join(', ')} (--family)`}`,
      );
    }
    return new Table({ ...files, columns, isExact: true });
  }

  function json(): Reader {
    let hasFiles = false;
    return jsonItems([[]], {
      item(value, pointer) {
        const at = { pointer: pointerText(pointer) };
        const lookup = fieldLookup({ values: [value], key: '' });
        hasFiles = takeFiles(files, lookup, at) || hasFiles;
      },
      tooLarge: (pointer) => context.invalid({ pointer: pointerText(pointer) }, 'it is longer than any entry is'),
      end() {
        if (!hasFiles) throw invalidList(NO_FAMILY);
      },
    });
  }

  return sniffed((first) =>
    first.startsWith('[')
      ? json()
      : tsvRows(
          underHeader(
            context,
            (cells) => cells.some((cell) => ENA_COLUMN.test(cell)),
            (cells) => ({ table: table(cells) }),
          ),
          TOO_LONG,
        ),
  );
}

/** Host and path without a scheme: the server has the same files over HTTPS and FTP. */
function withSchemes(draft: Draft): Draft {
  const sources = draft.sources.flatMap((source) =>
    /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? [source] : [`https://${source}`, `ftp://${source}`],
  );
  return { ...draft, sources };
}
