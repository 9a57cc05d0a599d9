import { PieceworkError } from '../../../../errors/error.ts';
import { sequentialHasher } from '../../../../integrity/hasher.ts';
import type { Listed as ListedEntry } from '../../../../lists/entry.ts';
import type { GivenEntry } from '../../../../lists/given-entries.ts';
import { givenEntries } from '../../../../lists/given-entries.ts';
import { noteText } from '../../../../lists/note.ts';
import type { ListOptions } from '../../../../lists/options.ts';
import type { WholeList } from '../../../../lists/whole/read-whole-list.ts';
import { placeUnder } from '../../../../transfer/batch/batch-place.ts';
import type { Listed } from '../../../../transfer/batch/entry.ts';
import { isEntry } from '../../../../transfer/batch/entry.ts';
import type { DestinationLocator, SourceLocator } from '../../../../transfer/locators.ts';
import { isStagingKey } from '../../../../transfer/staging-key.ts';
import type { SealedList } from '../../../shared/batches/submission.ts';
import type { Ports } from '../../../shared/ports.ts';
import { fetchedList } from '../../list/fetched-list.ts';
import { listedEntries } from '../../list/listed-entries.ts';

export interface OpenedBatchList {
  readonly entries: AsyncIterable<Listed>;
  readonly format: string;
  /** Of the bytes that were read, of all pages, hex; known when they were. */
  sha256(): string;
  /** What was passed over; known when it was read. */
  notes(): readonly string[];
}

/** Opens what was sealed at the submit. @throws PieceworkError `InvalidList`, and those of the source of the list. */
export async function openBatchList(
  ports: Pick<Ports, 'sources' | 'secrets'>,
  { list, reading, source = {} }: SealedList,
  place: DestinationLocator,
  signal: AbortSignal,
): Promise<OpenedBatchList> {
  const hasher = sequentialHasher(['sha256']);
  const hash = (chunk: Uint8Array) => hasher.update(chunk);
  const options: ListOptions = { onCollision: 'fail', ...reading };
  const read =
    list.kind === 'inline'
      ? given(list.entries, options, hash)
      : await fetched(ports, list.from, { options, hash, signal });
  const refused = options.onCollision === 'fail' ? 'onCollision number or first would take it' : undefined;
  const listed = listedEntries(read, source, { collisions: 0 }, refused);
  const isSecret = list.kind === 'at' && list.from.secretPath === true;
  return {
    entries: checked(isSecret ? withSecretPaths(listed, list.from.url) : listed, place),
    format: read.format,
    sha256: () => hasher.digests().sha256 ?? '',
    notes: () => read.notes().map(noteText),
  };
}

type ReadList = AsyncIterable<ListedEntry> & Pick<WholeList, 'notes'> & { readonly format: string };
type Hash = (chunk: Uint8Array) => void;

function given(entries: readonly GivenEntry[], options: ListOptions, hash: Hash): ReadList {
  function* hashed(): Generator<GivenEntry> {
    for (const entry of entries) {
      const { sources, name, sizeBytes, digests } = entry;
      hash(Buffer.from(`${JSON.stringify({ sources, name, sizeBytes, digests })}\n`));
      yield entry;
    }
  }
  return {
    format: 'entries',
    notes: () => [],
    [Symbol.asyncIterator]: () => givenEntries(hashed(), options),
  };
}

async function fetched(
  { sources, secrets }: Pick<Ports, 'sources' | 'secrets'>,
  sealed: SourceLocator,
  how: { readonly options: ListOptions; readonly hash: Hash; readonly signal: AbortSignal },
): Promise<ReadList> {
  const { options, hash, signal } = how;
  async function* hashed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash(chunk);
      yield chunk;
    }
  }
  const from = (await secrets.fill?.(sealed)) ?? sealed;
  const place = fetchedList(sources, from, signal);
  // Loaded only where there is a list: its readers bring parsers along.
  const { readWholeList } = await import('../../../../lists/whole/read-whole-list.ts');
  return await readWholeList(
    {
      ...place,
      async open(url) {
        const page = await place.open(url);
        return { ...page, chunks: hashed(page.chunks) };
      },
    },
    { ...options, fileName: URL.parse(from.url)?.pathname.split('/').at(-1) ?? '', listUrl: from.url },
  );
}

/** A path that is a secret is one also where it stands at the beginning of an entry's: that is at the same server. */
async function* withSecretPaths(entries: AsyncIterable<Listed>, listUrl: string): AsyncGenerator<Listed> {
  const { host } = new URL(listUrl);
  const marked = (source: SourceLocator): SourceLocator =>
    URL.parse(source.url)?.host === host ? { ...source, secretPath: true } : source;
  for await (const listed of entries) {
    if (!isEntry(listed)) yield listed;
    else {
      const { sources, checksumsFrom } = listed;
      const sums = checksumsFrom === undefined ? {} : { checksumsFrom: marked(checksumsFrom) };
      yield { ...listed, sources: sources.map(marked), ...sums };
    }
  }
}

/** What no transfer may be called, no entry may. */
async function* checked(entries: AsyncIterable<Listed>, place: DestinationLocator): AsyncGenerator<Listed> {
  for await (const listed of entries) {
    if (!isEntry(listed) || !isStagingKey(String(placeUnder(place, listed.name)['key']))) yield listed;
    else {
      const { number, name } = listed;
      const error = new PieceworkError(
        'InvalidDestination',
        `${name} ends in ".piecework-" and an id, as the objects do that wait for their proof; give it another name`,
      );
      yield { number, name, source: '', error: { code: error.code, message: error.message } };
    }
  }
}
