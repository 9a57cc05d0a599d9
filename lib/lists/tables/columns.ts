import { cleaned } from '../../errors/redact.ts';
import { invalidList } from '../input/invalid-list.ts';
import { algorithmNamed } from '../input/written-digest.ts';
import type { ColumnOptions } from '../options.ts';
import type { MappedDigest, Mapping } from '../templates/mapping.ts';
import type { Template } from '../templates/template.ts';
import { fieldTemplate } from '../templates/template.ts';

/** Names that columns have by themselves, in any case. */
const URL_NAMES = /^(?:url|source|link|href)$/i;
const NAME_NAMES = /^(?:name|path|dest|file|file_?name)$/i;
const SIZE_NAMES = /^(?:size|bytes|size_?bytes|file_?size)$/i;
const CHECKSUM_NAMES = /^(?:checksum|digest|hash)$/i;

/** The columns of a table, by the names in its header or by number. */
export class Columns {
  readonly names: readonly string[];
  readonly #at: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.names = names;
    // Of two with one name the first counts; the number of a column is a name too.
    const numbered = names.map((_, index): [string, number] => [String(index + 1), index]);
    const named = names.map((name, index): [string, number] => [name.toLowerCase(), index]).reverse();
    this.#at = new Map([...numbered, ...named]);
  }

  indexOf(name: string): number | undefined {
    return this.#at.get(name.toLowerCase());
  }

  first(names: RegExp): string | undefined {
    return this.names.find((name) => names.test(name));
  }

  /** @throws PieceworkError `InvalidList` that names the columns which there are */
  need(names: readonly string[]): void {
    const missing = names.find((name) => this.indexOf(name) === undefined);
    if (missing !== undefined) throw invalidList(`has no column "${cleaned(missing, 60)}"; ${this.described()}`);
  }

  described(): string {
    return `its columns are: ${this.names
      .slice(0, 50)
      .map((name) => cleaned(name, 60))
      .join(', ')}`;
  }
}

/** Whether a row has the name of a column that holds URLs. */
export function isHeader(cells: readonly string[]): boolean {
  return cells.some((cell) => URL_NAMES.test(cell)) && !cells.some((cell) => cell.includes('://'));
}

/** Templates that were given for the table. */
export interface GivenTemplates {
  readonly url: Template | undefined;
  readonly name: Template | undefined;
  readonly checksums: Template | undefined;
}

/** What of a row makes an entry: what was said of the columns, else what their names say. */
export function tableMapping(columns: Columns, said: ColumnOptions, given: GivenTemplates): Mapping {
  const { url, name, checksums } = given;
  columns.need(Object.values(said).filter((column) => column !== undefined));
  columns.need([url, name, checksums].flatMap((template) => template?.fields ?? []));
  const urlTemplate = url ?? optional(said.url ?? columns.first(URL_NAMES));
  if (urlTemplate === undefined) {
    throw invalidList(
      `has no column that is known to hold URLs; ${columns.described()}. Say which one does (--column NAME), or how a URL is made of them (--url)`,
    );
  }
  const nameTemplate = name ?? optional(said.name ?? columns.first(NAME_NAMES));
  const size = optional(said.size ?? columns.first(SIZE_NAMES));
  return {
    url: [urlTemplate],
    ...(nameTemplate === undefined ? {} : { name: [nameTemplate] }),
    ...(size === undefined ? {} : { size: [size] }),
    digests: digestColumns(columns, said),
    checksumsFrom: checksums,
  };
}

function digestColumns(columns: Columns, said: ColumnOptions): readonly MappedDigest[] {
  if (said.digest !== undefined) return [{ template: fieldTemplate(said.digest) }];
  return columns.names.flatMap((name): MappedDigest[] => {
    const algorithm = algorithmNamed(name);
    if (algorithm !== undefined) return [{ algorithm, template: fieldTemplate(name) }];
    return CHECKSUM_NAMES.test(name) ? [{ template: fieldTemplate(name) }] : [];
  });
}

function optional(column: string | undefined): Template | undefined {
  return column === undefined ? undefined : fieldTemplate(column);
}
