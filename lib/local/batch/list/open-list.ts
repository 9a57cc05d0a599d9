import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { systemReason } from '../../../disk/user-file.ts';
import { PieceworkError } from '../../../errors/error.ts';
import { redactUrl } from '../../../errors/redact.ts';
import type { Entry, InvalidEntry, Listed as ListedEntry } from '../../../lists/entry.ts';
import { FORMATS } from '../../../lists/formats.ts';
import { givenEntries } from '../../../lists/given-entries.ts';
import type { ListFormat, ListOptions } from '../../../lists/options.ts';
import { DEFAULT_SCHEMES } from '../../../lists/options.ts';
import { readList } from '../../../lists/read-list.ts';
import type { BatchList } from '../../../transfer/batch/batch-record.ts';
import type { BatchEntry, Listed } from '../../../transfer/batch/entry.ts';
import type { SourceLocator } from '../../../transfer/locators.ts';
import { stated } from '../../../values/stated.ts';
import type { Home } from '../../home/home.ts';
import type { BatchRequest, ListInput } from '../api.ts';

export interface OpenedList {
  readonly entries: AsyncIterable<Listed>;
  /** Why it was read as it was. */
  readonly because: string;
  /** What was passed over. */
  notes(): readonly string[];
  /** Known when it was read to its end. */
  description(): Pick<BatchList, 'from' | 'format' | 'sha256'>;
}

const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;
const CHUNK = 1024 ** 2;

/** @throws PieceworkError `InvalidList`, `InvalidOption`, and those of the source that it comes from. */
export async function openList(home: Home, request: BatchRequest, signal: AbortSignal): Promise<OpenedList> {
  const { list, entries, source = {} } = request;
  if ((list === undefined) === (entries === undefined))
    throw new PieceworkError('InvalidOption', 'a batch is made from a list or from entries: give one of them');
  const sum = summed();
  if (list === undefined) return given(entries ?? [], source, sum);
  const options = optionsOf(list);
  const read = await readList(sum.of(chunksOf(home, list, source, signal)), options);
  return {
    entries: entriesOf(read, source, options.onCollision),
    because: read.because,
    notes: () => read.notes().map(({ message, times }) => (times === 1 ? message : `${message} (${times} times)`)),
    description: () => ({
      from: list.from === '-' ? 'stdin' : redactUrl(list.from),
      format: read.format,
      sha256: sum.sha256(),
    }),
  };
}

function given(
  entries: NonNullable<BatchRequest['entries']>,
  source: Omit<SourceLocator, 'url'>,
  sum: Sum,
): OpenedList {
  async function* summedUp() {
    for await (const entry of entries) {
      sum.add(`${JSON.stringify(entry)}\n`);
      yield entry;
    }
    sum.end();
  }
  const schemes = [...DEFAULT_SCHEMES, 'file'];
  return {
    entries: entriesOf(givenEntries(summedUp(), { onCollision: 'fail', schemes }), source, 'fail'),
    because: 'they were given one by one',
    notes: () => [],
    description: () => ({ from: 'entries', format: 'entries', sha256: sum.sha256() }),
  };
}

type Sum = ReturnType<typeof summed>;

/** The SHA-256 of what passes through, known at its end. */
function summed() {
  const hash = createHash('sha256');
  let sha256: string | undefined;
  const end = () => {
    sha256 = hash.digest('hex');
  };
  return {
    add: (text: string) => void hash.update(text),
    end,
    async *of(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      } finally {
        end();
      }
    },
    sha256(): string {
      if (sha256 === undefined) throw new PieceworkError('Internal', 'the list was not read to its end');
      return sha256;
    },
  };
}

function optionsOf({ from, format, ...reading }: ListInput): ListOptions {
  const isUrl = URL_LIKE.test(from);
  const path = isUrl ? (URL.parse(from)?.pathname ?? '') : from;
  return {
    // Two entries of one name would be one file in the end.
    onCollision: 'fail',
    ...reading,
    ...stated({
      format: format === undefined ? undefined : formatOf(format),
      fileName: from === '-' ? undefined : basename(path),
      listUrl: isUrl ? from : undefined,
    }),
  };
}

function formatOf(format: string): ListFormat {
  if (Object.hasOwn(FORMATS, format)) return format as ListFormat;
  throw new PieceworkError(
    'InvalidOption',
    `no list is of the format ${format}; the formats are ${Object.keys(FORMATS).join(', ')}`,
  );
}

async function* chunksOf(
  home: Home,
  { from }: ListInput,
  source: Omit<SourceLocator, 'url'>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (from === '-') yield* process.stdin as AsyncIterable<Uint8Array>;
  else if (URL_LIKE.test(from)) yield* fetched(home, { ...source, url: from }, signal);
  else yield* fileAt(from, signal);
}

async function* fileAt(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { signal, highWaterMark: CHUNK }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    signal.throwIfAborted();
    throw new PieceworkError('InvalidList', `the list ${path} can't be read (${systemReason(cause)})`, { cause });
  }
}

/** On one connection: a list is read once, as it comes. */
async function* fetched(home: Home, from: SourceLocator, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await using probe = await home.sources(from.url).probe(from, 'all', { signal });
  for (;;) {
    const buffer = new Uint8Array(CHUNK);
    const got = await probe.body.read(buffer);
    if (got === 0) return;
    yield buffer.subarray(0, got);
  }
}

async function* entriesOf(
  read: AsyncIterable<ListedEntry>,
  source: Omit<SourceLocator, 'url'>,
  onCollision: ListOptions['onCollision'],
): AsyncGenerator<Listed> {
  for await (const listed of read) {
    if (listed.kind === 'entry') yield batchEntry(listed, source);
    else if (listed.collidesWith !== undefined && onCollision === 'fail') throw collision(listed);
    else
      yield {
        number: listed.number,
        source: '',
        name: '',
        error: { code: listed.code, message: listed.message },
      };
  }
}

function collision({ message }: InvalidEntry): PieceworkError {
  return new PieceworkError(
    'InvalidList',
    `${message}; nothing was begun: --on-collision number gives it a name of its own, first leaves it out`,
  );
}

function batchEntry(
  { number, sources, name, sizeBytes, digests, headers }: Entry,
  all: Omit<SourceLocator, 'url'>,
): BatchEntry {
  const said = headers === undefined && all.headers === undefined ? {} : { headers: { ...all.headers, ...headers } };
  return {
    number,
    sources: sources.map((url) => ({ ...all, ...said, url })),
    name,
    expect: { digests, ...stated({ sizeBytes }) },
  };
}
