import { invalidList } from './input/invalid-list.ts';
import type { ListFormat, ListOptions } from './options.ts';

export interface Recognised {
  readonly format: ListFormat;
  readonly because: string;
}

const URL_START = /^[a-z][a-z0-9+.-]*:\/\/\S/i;

/**
 * Of which kind a list is, by its first characters and its name.
 * @param isWhole nothing follows the head
 * @throws PieceworkError `InvalidList`
 */
export function recognise(head: string, isWhole: boolean, { format }: ListOptions): Recognised {
  if (head.trim() === '' && isWhole) throw invalidList('is empty');
  if (format !== undefined) return { format, because: 'the format that was given' };
  const lines = head
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length > 0 && lines.every((line) => URL_START.test(line)))
    return { format: 'urls', because: 'every line is a URL' };
  throw invalidList('is of no kind that is recognised; say which with a format');
}
