import { PieceworkError } from '../../../../errors/error.ts';
import { sequentialHasher } from '../../../../integrity/hasher.ts';
import type { Entry } from '../../../../lists/entry.ts';
import type { ListOptions } from '../../../../lists/options.ts';
import type { List } from '../../../../lists/read-list.ts';
import { readList } from '../../../../lists/read-list.ts';
import type { Listed } from '../../../../transfer/batch/entry.ts';
import { isEntry } from '../../../../transfer/batch/entry.ts';
import type { DestinationLocator, SourceLocator } from '../../../../transfer/locators.ts';
import { isStagingKey } from '../../../../transfer/staging-key.ts';
import { stated } from '../../../../values/stated.ts';
import type { BatchEntryInput, SealedList } from '../../../shared/batches/submission.ts';
import type { Ports } from '../../../shared/ports.ts';
import { listedEntries } from '../../list/listed-entries.ts';

export interface OpenedBatchList {
  readonly entries: AsyncIterable<Listed>;
  readonly format: string;
  /** Of the bytes that were read, hex; known when they were. */
  sha256(): string;
}

const CHUNK = 1024 ** 2;

/** Opens what was sealed at the submit. @throws PieceworkError `InvalidList`, and those of the source of the list. */
export async function openBatchList(
  ports: Pick<Ports, 'sources' | 'secrets'>,
  { list, reading = {}, source = {} }: SealedList,
  place: DestinationLocator,
  signal: AbortSignal,
): Promise<OpenedBatchList> {
  const hasher = sequentialHasher(['sha256']);
  async function* hashed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hasher.update(chunk);
      yield chunk;
    }
  }
  const options: ListOptions = { onCollision: 'fail', ...reading, ...stated({ format: formatOf(list, reading) }) };
  const read =
    list.kind === 'inline'
      ? await readList(hashed(asLines(list.entries)), options)
      : await readList(hashed(fetched(ports, list.from, signal)), { ...options, ...whereFrom(list.from) });
  const withHeaders = list.kind === 'inline' ? headersAdded(read, list.entries) : read;
  const refused = options.onCollision === 'fail' ? 'onCollision number or first would take it' : undefined;
  return {
    entries: checked(listedEntries(withHeaders, source, { collisions: 0 }, refused), place),
    format: list.kind === 'inline' ? 'entries' : read.format,
    sha256: () => hasher.digests().sha256 ?? '',
  };
}

function formatOf({ kind }: SealedList['list'], { format }: ListOptions): ListOptions['format'] {
  return kind === 'inline' ? 'jsonl' : format;
}

function whereFrom({ url }: SourceLocator): Pick<ListOptions, 'fileName' | 'listUrl'> {
  return { fileName: URL.parse(url)?.pathname.split('/').at(-1) ?? '', listUrl: url };
}

/** Entries of a request are read as lines of a list, so that the same holds for them. */
async function* asLines(entries: readonly BatchEntryInput[]): AsyncGenerator<Uint8Array> {
  for (const { sources, name, sizeBytes, digests } of entries)
    yield Buffer.from(`${JSON.stringify({ sources, name, sizeBytes, digests })}\n`);
}

function headersAdded(read: List, entries: readonly BatchEntryInput[]): List {
  const added = (entry: Entry): Entry => {
    const { headers } = entries[(entry.at.line ?? 0) - 1] ?? {};
    return headers === undefined ? entry : { ...entry, headers };
  };
  return {
    ...read,
    async *[Symbol.asyncIterator]() {
      for await (const listed of read) yield listed.kind === 'entry' ? added(listed) : listed;
    },
  };
}

/** On one connection, once, as it comes. */
async function* fetched(
  { sources, secrets }: Pick<Ports, 'sources' | 'secrets'>,
  sealed: SourceLocator,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const from = (await secrets.fill?.(sealed)) ?? sealed;
  await using probe = await sources(from.url).probe(from, 'all', { signal });
  for (;;) {
    const buffer = new Uint8Array(CHUNK);
    const got = await probe.body.read(buffer);
    if (got === 0) return;
    yield buffer.subarray(0, got);
  }
}

/** What no transfer may be called, no entry may. */
async function* checked(entries: AsyncIterable<Listed>, place: DestinationLocator): AsyncGenerator<Listed> {
  for await (const listed of entries) {
    if (!isEntry(listed) || !isStagingKey(`${String(place['key'] ?? '')}${listed.name}`)) yield listed;
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
