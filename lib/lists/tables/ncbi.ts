import { TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import { parseTemplate } from '../templates/template.ts';
import { Columns } from './columns.ts';
import { givenTemplates } from './generic.ts';
import { underHeader } from './header.ts';
import { Table } from './table.ts';
import { tsvRows } from './tsv-rows.ts';

/** The header stands behind `#`; in older files some columns have other names, and never these. */
export const NCBI_HEADER = /^#\s*assembly_accession\t/;
const FOLDER = 'ftp_path';

/**
 * Assembly summary of NCBI: a row names a folder, in which files are called after it. The digests of a folder stand in
 * a file in it.
 */
export function readNcbi(context: ReaderContext): Reader {
  const { options } = context;
  const given = givenTemplates(options);
  const suffix = (options.suffix ?? 'genomic.fna.gz').replaceAll(/[{}]/g, '$&$&');
  const url = given.url ?? parseTemplate(`{${FOLDER}}/{${FOLDER}|basename}_${suffix}`, '--suffix');
  const checksumsFrom = given.checksums ?? parseTemplate(`{${FOLDER}}/md5checksums.txt`, '--checksums-from');
  return tsvRows(
    underHeader(
      context,
      (cells) => cells.includes(FOLDER),
      (cells) => {
        const columns = new Columns(cells);
        columns.need([...url.fields, ...checksumsFrom.fields, ...(given.name?.fields ?? [])]);
        const table = new Table({
          context,
          columns,
          mapping: {
            url: [url],
            ...(given.name === undefined ? {} : { name: [given.name] }),
            checksumsFrom,
            skipsEmpty: true,
          },
          isExact: true,
          nothing: options.skipEmpty ?? ['na'],
        });
        return { table };
      },
    ),
    TOO_LONG,
  );
}
