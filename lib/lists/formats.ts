import type { Reader, ReaderContext } from './input/reader.ts';
import { readUrls } from './lines/urls.ts';
import type { ListFormat } from './options.ts';

/** What reads each kind of list. */
export const FORMATS: Readonly<Record<ListFormat, (context: ReaderContext) => Reader>> = {
  urls: readUrls,
};
