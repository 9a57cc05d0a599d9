import { invalidList } from '../input/invalid-list.ts';
import type { ListFormat, ListOptions } from '../options.ts';
import { DOCUMENTS } from './documents.ts';
import { headOf } from './head.ts';
import type { Recognised } from './signs.ts';
import { LINES } from './signs.ts';

/** What a list may look like although it is said to be of this kind: a simpler one, or one that it is a case of. */
const MAY_LOOK_LIKE: Readonly<Partial<Record<ListFormat, readonly ListFormat[]>>> = {
  aria2: ['urls'],
  paths: ['urls'],
  csv: ['urls', 'tsv', 'portal'],
  tsv: ['urls', 'aria2', 'csv', 'ena', 'ncbi', 'portal'],
  multi: ['csv', 'tsv', 'ena', 'portal'],
  ena: ['tsv'],
  ncbi: ['tsv'],
  portal: ['csv', 'tsv'],
  json: ['ena'],
};
const JSON_FORMATS: readonly ListFormat[] = ['json', 'zenodo', 'huggingface', 'croissant', 'stac', 'dcat', 'wikimedia'];

/**
 * Of which kind a list is, by its first characters and its name.
 * @param isWhole nothing follows the head
 * @throws PieceworkError `InvalidList`: empty, of no known kind, or of another than was said
 */
export function recognise(text: string, isWhole: boolean, options: ListOptions): Recognised {
  if (text.trim() === '' && isWhole) throw invalidList('is empty');
  if (isWhole && text.split('\n').every(isBlankOrComment)) throw invalidList('has comments and no entries');
  refuseBinary(text);
  const head = headOf(text, isWhole, options);
  const found = [...DOCUMENTS, ...LINES].reduce<Recognised | undefined>(
    (before, sign) => before ?? sign(head),
    undefined,
  );
  const { format } = options;
  if (format === undefined) {
    if (found === undefined)
      throw invalidList(
        'is of no kind that is recognised; say which it is (--format urls, csv, tsv, …: docs/lists.md has all of them)',
      );
    return found;
  }
  if (found !== undefined && !mayBe(format, found.format)) {
    throw invalidList(`is said to be ${format}, but looks like ${found.format}: ${found.because}`);
  }
  return { format, because: 'it is said to be' };
}

function isBlankOrComment(line: string): boolean {
  const text = line.trimStart();
  return text === '' || text.startsWith('#');
}

function mayBe(said: ListFormat, found: ListFormat): boolean {
  if (said === found || MAY_LOOK_LIKE[said]?.includes(found) === true) return true;
  return JSON_FORMATS.includes(said) && JSON_FORMATS.includes(found);
}

function refuseBinary(text: string): void {
  let nuls = 0;
  for (let at = text.indexOf('\0'); at >= 0; at = text.indexOf('\0', at + 1)) nuls += 1;
  if (nuls > text.length / 10) throw invalidList('is no text, or UTF-16 without a byte order mark');
}
