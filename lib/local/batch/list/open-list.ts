import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PieceworkError } from '../../../errors/error.ts';
import { redactUrl } from '../../../errors/redact.ts';
import { givenEntries } from '../../../lists/given-entries.ts';
import { noteText } from '../../../lists/note.ts';
import type { ListOptions } from '../../../lists/options.ts';
import { DEFAULT_SCHEMES, formatOf } from '../../../lists/options.ts';
import type { OpenedPage } from '../../../lists/whole/read-whole-list.ts';
import { readWholeList } from '../../../lists/whole/read-whole-list.ts';
import { fetchedList } from '../../../pipeline/batch/list/fetched-list.ts';
import { listedEntries } from '../../../pipeline/batch/list/listed-entries.ts';
import type { BatchList } from '../../../transfer/batch/batch-record.ts';
import type { Listed } from '../../../transfer/batch/entry.ts';
import type { SourceLocator } from '../../../transfer/locators.ts';
import { stated } from '../../../values/stated.ts';
import type { Home } from '../../home/home.ts';
import type { BatchRequest, ListInput } from '../api.ts';
import { isUrl, placeHere } from './list-place.ts';

export interface OpenedList {
  readonly entries: AsyncIterable<Listed>;
  /** Why it was read as it was. */
  readonly because: string;
  /** What was passed over. */
  notes(): readonly string[];
  /** Entries with a name that an earlier one has, where they are collected. */
  collisions(): number;
  /** Known when it was read to its end. */
  description(): Pick<BatchList, 'from' | 'path' | 'format' | 'sha256'>;
}

/**
 * @param kind of the destination
 * @param collisions `collect`: two entries with one name are outcomes, and no end of the list
 * @throws PieceworkError `InvalidList`, `InvalidOption`, and those of the source that it comes from.
 */
export async function openList(
  home: Home,
  request: BatchRequest,
  kind: string,
  signal: AbortSignal,
  collisions: 'refuse' | 'collect' = 'refuse',
): Promise<OpenedList> {
  const { list, entries, source = {} } = request;
  if ((list === undefined) === (entries === undefined))
    throw new PieceworkError('InvalidOption', 'a batch is made from a list or from entries: give one of them');
  const hash = createHash('sha256');
  if (list === undefined) return given(entries ?? [], source, kind, hash, collisions);
  const place = isUrl(list.from)
    ? fetchedList(home.sources, { ...(list.source ?? source), url: list.from }, signal)
    : placeHere(list.from, signal);
  /** Of all pages of the list. */
  async function* hashed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  async function open(url?: string): Promise<OpenedPage> {
    const page = await place.open(url);
    return { ...page, chunks: hashed(page.chunks) };
  }
  const options = optionsOf(list, kind);
  const read = await readWholeList({ ...place, open }, options);
  const counted = { collisions: 0 };
  const refuses = collisions === 'refuse' && options.onCollision === 'fail';
  return {
    entries: listedEntries(read, source, counted, refuses ? BY_OPTION : undefined),
    collisions: () => counted.collisions,
    because: read.because,
    notes: () => read.notes().map(noteText),
    description: () => ({
      from: list.from === '-' ? 'stdin' : redactUrl(list.from),
      ...stated({ path: pathOf(list.from) }),
      format: read.format,
      sha256: hash.copy().digest('hex'),
    }),
  };
}

/** `undefined` = it is no file of this machine. */
function pathOf(from: string): string | undefined {
  if (from === '-') return undefined;
  if (!isUrl(from)) return resolve(from);
  return /^file:/i.test(from) ? fileURLToPath(from) : undefined;
}

function given(
  entries: NonNullable<BatchRequest['entries']>,
  source: Omit<SourceLocator, 'url'>,
  kind: string,
  hash: Hash,
  collisions: 'refuse' | 'collect',
): OpenedList {
  async function* summedUp() {
    for await (const entry of entries) {
      hash.update(`${JSON.stringify(entry)}\n`);
      yield entry;
    }
  }
  const schemes = [...DEFAULT_SCHEMES, 'file'];
  const options = { onCollision: 'fail', ignoresCase: ignoresCase(kind), schemes } as const;
  const counted = { collisions: 0 };
  const refused = collisions === 'refuse' ? 'each needs a name of its own' : undefined;
  return {
    collisions: () => counted.collisions,
    entries: listedEntries(givenEntries(summedUp(), options), source, counted, refused),
    because: 'they were given one by one',
    notes: () => [],
    description: () => ({ from: 'entries', format: 'entries', sha256: hash.copy().digest('hex') }),
  };
}

/** Their file systems take names that differ by case for one. */
const IGNORING_CASE: ReadonlySet<string> = new Set(['darwin', 'win32']);

function ignoresCase(kind: string): boolean {
  return kind === 'file' && IGNORING_CASE.has(process.platform);
}

function optionsOf({ from, format, source: _source, ...reading }: ListInput, kind: string): ListOptions {
  const path = isUrl(from) ? (URL.parse(from)?.pathname ?? '') : from;
  return {
    // Two entries of one name would be one file in the end.
    onCollision: 'fail',
    ignoresCase: ignoresCase(kind),
    ...reading,
    ...stated({
      format: format === undefined ? undefined : formatOf(format),
      fileName: from === '-' ? undefined : basename(path),
      listUrl: isUrl(from) ? from : undefined,
    }),
  };
}

const BY_OPTION = '--on-collision number gives it a name of its own, first leaves it out';
