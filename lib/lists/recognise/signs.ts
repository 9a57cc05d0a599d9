import { FETCH_LINE } from '../lines/bagit.ts';
import { checksumLine } from '../lines/checksums.ts';
import type { ListFormat } from '../options.ts';
import { isHeader } from '../tables/columns.ts';
import { ENA_COLUMN } from '../tables/ena.ts';
import { NCBI_HEADER } from '../tables/ncbi.ts';
import { isManifest } from '../tables/portal.ts';
import { STS_FIRST_LINE } from '../tables/sts-tsv.ts';
import type { Head } from './head.ts';

export interface Recognised {
  readonly format: ListFormat;
  /** What it was recognised by. */
  readonly because: string;
}

export type Sign = (head: Head) => Recognised | undefined;

const URL_START = /^[a-z][a-z0-9+.-]*:\/\/\S/i;
const CHECKSUM_NAMES = /(?:sums?|checksums?)(?:\.txt)?$|\.(?:md5|sha1|sha256|sha512)$/;
const CURL_URL = /^\s*(?:--)?url(?:\s*[=:]\s*|\s+)"?[a-z][a-z0-9+.-]*:\/\//i;

/** By the names of their columns. */
const MANIFESTS: readonly Sign[] = [
  ({ lines }) => {
    const isSummary = lines.slice(0, 10).some((line) => NCBI_HEADER.test(line));
    return isSummary ? { format: 'ncbi', because: 'its header begins with #assembly_accession' } : undefined;
  },
  ({ plain }) => {
    const isReport = cellsOf(plain[0] ?? '', '\t').some((cell) => ENA_COLUMN.test(cell));
    return isReport ? { format: 'ena', because: 'its header has the columns of a file report' } : undefined;
  },
  ({ plain: [first = ''] }) => {
    const isOne = [',', '\t'].some(
      (delimiter) => isManifest(cellsOf(first, delimiter)) && !isHeader(cellsOf(first, delimiter)),
    );
    return isOne ? { format: 'portal', because: 'its columns are id, md5 and size' } : undefined;
  },
];

/** Of texts in lines, the surest first. */
export const LINES: readonly Sign[] = [
  ...MANIFESTS,
  ({ lines }) => {
    return lines[0]?.trim() === STS_FIRST_LINE
      ? { format: 'sts-tsv', because: `its first line is ${STS_FIRST_LINE}` }
      : undefined;
  },
  ({ lines, plain, fileName }) => {
    if (lines[0]?.startsWith('-----BEGIN PGP SIGNED MESSAGE') === true)
      return { format: 'checksums', because: 'it is signed in clear' };
    const [first] = plain;
    if (first === undefined || checksumLine(first) === undefined) return undefined;
    return {
      format: 'checksums',
      because: CHECKSUM_NAMES.test(fileName)
        ? 'its name and its lines are those of checksums'
        : 'its lines are digests and names',
    };
  },
  ({ plain }) => {
    const [, url = ''] = FETCH_LINE.exec(plain[0] ?? '') ?? [];
    return URL_START.test(url) ? { format: 'bagit', because: 'its lines are URL, length and name' } : undefined;
  },
  ({ lines }) => {
    const header = lines.find((line) => isHeader(cellsOf(line, '\t')));
    return header?.includes('\t') === true && isFirst(lines, header)
      ? { format: 'tsv', because: 'its header has a column of URLs' }
      : undefined;
  },
  ({ lines, plain: [first = ''] }) => {
    const top = lines.slice(0, lines.indexOf(first) + 1);
    return [',', ';'].some((delimiter) => top.some((line) => isTableHeader(line, first, delimiter)))
      ? { format: 'csv', because: 'its header has a column of URLs' }
      : undefined;
  },
  ({ plain }) =>
    plain.some((line) => CURL_URL.test(line)) ? { format: 'curl', because: 'it has options of curl' } : undefined,
  ({ plain }) => {
    if (!URL_START.test(plain[0] ?? '')) return undefined;
    if (plain.some((line) => /^[ \t]+[a-z-]+=/.test(line)))
      return { format: 'aria2', because: 'options stand below its URLs' };
    const hasMirrors = plain.some((line) => line.split('\t').filter((cell) => URL_START.test(cell.trim())).length > 1);
    return hasMirrors ? { format: 'aria2', because: 'its lines have several URLs' } : undefined;
  },
  ({ plain, fileName }) => {
    if (!URL_START.test(unquoted(plain[0] ?? ''))) return undefined;
    // A URL may have commas: without a name or quotes that say so, it is no table.
    const isCsv = fileName.endsWith('.csv') || plain.some((line) => /^"|,"/.test(line));
    if (isCsv) return { format: 'csv', because: 'its name or its quotes are those of CSV' };
    return plain[0]?.includes('\t') === true
      ? { format: 'tsv', because: 'its lines are a URL, a tab and more' }
      : undefined;
  },
  ({ plain }) =>
    URL_START.test(plain[0]?.trim() ?? '') ? { format: 'urls', because: 'its lines are URLs' } : undefined,
  ({ plain, fileName, hasBase }) => {
    if (plain.length === 0 || plain.some((line) => /\s|:\/\//.test(line.trim()))) return undefined;
    if (/\.paths$/.test(fileName)) return { format: 'paths', because: 'its name ends with .paths' };
    return hasBase ? { format: 'paths', because: 'its lines are paths, and there is a base' } : undefined;
  },
  ({ fileName }) => {
    const [, ending] = /\.(csv|tsv)$/.exec(fileName) ?? [];
    if (ending === undefined) return undefined;
    return { format: ending === 'csv' ? 'csv' : 'tsv', because: `its name ends with .${ending}` };
  },
];

function cellsOf(line: string, delimiter: string): readonly string[] {
  return line
    .replace(/^#+\s*/, '')
    .split(delimiter)
    .map((cell) => unquoted(cell.trim()));
}

/** @param first the first line that is no comment; behind `#` a header is one only if that line has as many cells */
function isTableHeader(line: string, first: string, delimiter: string): boolean {
  const cells = cellsOf(line, delimiter);
  if (cells.length < 2 || !isHeader(cells)) return false;
  return line === first || cellsOf(first, delimiter).length === cells.length;
}

function unquoted(cell: string): string {
  return cell.replace(/^"|"$/g, '');
}

/** Nothing but comments stands above it. */
function isFirst(lines: readonly string[], header: string): boolean {
  return lines.slice(0, lines.indexOf(header)).every((line) => line.startsWith('#'));
}
