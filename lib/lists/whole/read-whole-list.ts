import { redactUrl } from '../../errors/redact.ts';
import type { Listed } from '../entry.ts';
import { invalidList, isInvalidList } from '../input/invalid-list.ts';
import { MANIFESTS } from '../lines/bagit.ts';
import type { ListOptions } from '../options.ts';
import type { List } from '../read-list.ts';
import { readList } from '../read-list.ts';
import { NumberTable } from '../unique/number-table.ts';
import { readManifest } from './manifest.ts';

/** Where a list lies: what opens it, and what lies beside it. */
export interface ListPlace {
  /** @param url of a further page. @default the list itself */
  open(url?: string): Promise<OpenedPage>;
  /** A file in the same folder, by its name; `undefined`: it is not there. */
  beside(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** URL of a page, as it may be shown. @default redacted */
  shown?(url: string): string;
}

export interface OpenedPage {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** URL of the page that goes on with it, by the head of its answer (`Link: …; rel="next"`). */
  readonly next?: string | undefined;
}

export type WholeList = Pick<List, 'format' | 'because' | 'notes'> & AsyncIterable<Listed>;

/**
 * Reads a list with its further pages, and with the digests that stand in a manifest beside it.
 * @throws PieceworkError as `readList` does, also where a page can't be followed: a part of a list is no list
 */
export async function readWholeList(place: ListPlace, options: ListOptions): Promise<WholeList> {
  const { chunks, next } = await place.open();
  const list = await readList(chunks, options, { next });
  return {
    format: list.format,
    because: list.because,
    notes: () => list.roll.notes(),
    [Symbol.asyncIterator]: () => entriesOf(place, options, list),
  };
}

async function* entriesOf(place: ListPlace, options: ListOptions, first: List): AsyncGenerator<Listed> {
  const { format, roll } = first;
  try {
    if (format === 'bagit') await findManifest(place, first);
  } catch (error) {
    await first.close();
    throw error;
  }
  const { listUrl, limit = Number.POSITIVE_INFINITY } = options;
  const { shown = redactUrl } = place;
  const seen = new NumberTable();
  if (listUrl !== undefined) seen.add(listUrl, 1);
  let list = first;
  for (let number = 2; ; number += 1) {
    yield* list;
    const next = list.next();
    if (next === undefined || roll.given >= limit) return;
    if (listUrl === undefined) {
      roll.note(`it goes on at ${shown(next)}, which is not read: give a URL in place of the file`);
      return;
    }
    checkNext(next, listUrl, shown);
    if (seen.add(next, number) !== undefined) throw invalidList(`leads back to a page that was read: ${shown(next)}`);
    const opened = await place.open(next);
    list = await readList(opened.chunks, { ...options, format, listUrl: next }, { roll, next: opened.next });
  }
}

/** What is said of the source (headers, credentials) is for its own server. */
function checkNext(next: string, listUrl: string, shown: (url: string) => string): void {
  const [to, from] = [URL.parse(next), URL.parse(listUrl)];
  if (to !== null && to.protocol === from?.protocol && to.host === from.host) return;
  throw invalidList(`goes on at another server, ${shown(next)}, which is not followed; give its pages one by one`);
}

async function findManifest(place: ListPlace, { roll }: List): Promise<void> {
  for (const name of MANIFESTS) {
    const chunks = await place.beside(name);
    if (chunks === undefined) continue;
    try {
      roll.manifest = await readManifest(chunks);
    } catch (error) {
      if (!isInvalidList(error)) throw error;
      throw invalidList(`has a manifest, ${name}, that can't be read: ${error.message}`, error);
    }
    return;
  }
  roll.note(`no manifest lies beside it (${MANIFESTS.join(', ')}): only sizes are proved`);
}
