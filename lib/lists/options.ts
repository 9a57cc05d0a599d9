import { PieceworkError } from '../errors/error.ts';
import type { OnCollision } from './unique/unique.ts';

/** Names of columns, or their numbers from 1. */
export interface ColumnOptions {
  readonly url?: string;
  readonly name?: string;
  readonly size?: string;
  /** Its values say the algorithm: `md5:HEX`, or by their length. */
  readonly digest?: string;
}

/** Each kind of list; docs/lists.md has a section for each. */
export const LIST_FORMATS = [
  'urls',
  'paths',
  'checksums',
  'bagit',
  'aria2',
  'curl',
  'csv',
  'tsv',
  'sts-tsv',
  'multi',
  'ena',
  'ncbi',
  'portal',
  'metalink',
  'index',
  'json',
  'jsonl',
  'zenodo',
  'huggingface',
  'croissant',
  'stac',
  'dcat',
  'wikimedia',
] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

/** @throws PieceworkError `InvalidOption`, which names all formats. */
export function formatOf(text: string): ListFormat {
  const format = LIST_FORMATS.find((one) => one === text);
  if (format !== undefined) return format;
  throw new PieceworkError(
    'InvalidOption',
    `no list is of the format ${text}; the formats are ${LIST_FORMATS.join(', ')}`,
  );
}

export type JsonFormat = 'json' | 'jsonl' | 'zenodo' | 'huggingface' | 'croissant' | 'stac' | 'dcat' | 'wikimedia';

export interface ListOptions {
  /** @default recognised from name and content */
  readonly format?: ListFormat;
  /** File name, or the last segment of the URL that the list came from; helps to recognise it. */
  readonly fileName?: string;
  /** The folder that relative names lie in, a URL that ends with `/`. @default the folder of `listUrl` */
  readonly base?: string;
  /** The URL that the list came from. */
  readonly listUrl?: string;
  /** Template of the URL of an entry: `{ftp_path}/{ftp_path|basename}_genomic.fna.gz`. @default by the format */
  readonly url?: string;
  /** Template of its name. @default by the format */
  readonly name?: string;
  /** Of JSON: template of the size. @default by the format */
  readonly size?: string;
  /** Of JSON: templates of digests, `sha256:{lfs.oid}`; `{checksum}` says it by itself. @default by the format */
  readonly digests?: readonly string[];
  /** Of JSON: pointer to the items, with `*` for each element: `/files`. @default by the format */
  readonly items?: string;
  /** Of a table: which column is what. @default by their names */
  readonly columns?: ColumnOptions;
  /** Template of the URL of a checksum file that has the digest of an entry. @default by the format */
  readonly checksumsFrom?: string;
  /** Of `multi`: what stands between the values of a cell. @default `;` */
  readonly separator?: string;
  /** Of `ena`: which files. @default `fastq` */
  readonly family?: 'fastq' | 'submitted' | 'sra';
  /** Of `ncbi`: which file of a folder. @default `genomic.fna.gz` */
  readonly suffix?: string;
  /** Of a table: rows whose URL needs an empty cell are passed over, and these values are empty too (`na`). */
  readonly skipEmpty?: readonly string[];
  /**
   * Schemes that an entry may have, without colon. @default those of all sources but `file`: a list comes from others,
   * and would name files of this machine
   */
  readonly schemes?: readonly string[];
  /** Globs on names; of `include` one has to match. What is not selected has no number. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** The list ends after so many. */
  readonly limit?: number;
  /** What becomes of a name that an earlier entry has. @default names and sources are not compared */
  readonly onCollision?: OnCollision;
  /** Names that differ by case alone are one. @default false */
  readonly ignoresCase?: boolean;
}

/** What people say of a list: how it is read, and what of it is taken. Templates may hold secrets. */
export type ListReading = Pick<
  ListOptions,
  | 'format'
  | 'base'
  | 'url'
  | 'name'
  | 'size'
  | 'digests'
  | 'items'
  | 'columns'
  | 'checksumsFrom'
  | 'separator'
  | 'family'
  | 'suffix'
  | 'skipEmpty'
  | 'include'
  | 'exclude'
  | 'limit'
  | 'onCollision'
>;

export const DEFAULT_SCHEMES: readonly string[] = ['https', 'http', 'ftp', 'ftps', 'ftpes', 'sftp', 's3'];
