import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemReason } from '../../../disk/user-file.ts';
import { PieceworkError } from '../../../errors/error.ts';
import { shownUrl } from '../../../errors/secret-url-path.ts';
import type { ListPlace, OpenedPage } from '../../../lists/whole/read-whole-list.ts';
import type { SourceLocator } from '../../../transfer/locators.ts';
import { chunksOf } from '../../../values/chunks.ts';
import type { Home } from '../../home/home.ts';

const CHUNK_BYTES = 1024 ** 2;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;

export function isUrl(from: string): boolean {
  return URL_LIKE.test(from);
}

/** A list of this machine, of any source, or from stdin. @param source what is said of every source besides its URL */
export function listPlace(
  home: Home,
  from: string,
  source: Omit<SourceLocator, 'url'>,
  signal: AbortSignal,
): ListPlace {
  if (from === '-')
    return {
      open: async () => ({ chunks: process.stdin as AsyncIterable<Uint8Array> }),
      beside: async () => undefined,
    };
  if (!isUrl(from))
    return { open: async () => ({ chunks: fileAt(from, signal) }), beside: (name) => besideFile(from, name, signal) };
  return {
    open: (url = from) => fetched(home, { ...source, url }, signal),
    shown: (url) => shownUrl({ ...source, url }),
    async beside(name) {
      const url = URL.parse(name, from)?.href;
      if (url === undefined) return undefined;
      try {
        return (await fetched(home, { ...source, url }, signal)).chunks;
      } catch (error) {
        if (error instanceof PieceworkError && ABSENT.has(error.code)) return undefined;
        throw error;
      }
    },
  };
}

/** A store answers so too where a key is not there that may not be listed. */
const ABSENT: ReadonlySet<string> = new Set(['SourceNotFound', 'SourceGone', 'SourceForbidden']);

async function* fileAt(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    await using file = await open(path);
    const before = await file.stat();
    const stream = file.createReadStream({ signal, highWaterMark: CHUNK_BYTES, autoClose: false });
    yield* stream as AsyncIterable<Uint8Array>;
    const after = await file.stat();
    if (before.isFile() && (before.mtimeMs !== after.mtimeMs || before.size !== after.size))
      throw new PieceworkError(
        'InvalidList',
        `the list ${path} was changed while it was read; nothing was begun: run it again when it is written`,
      );
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof PieceworkError) throw cause;
    throw new PieceworkError('InvalidList', `the list ${path} can't be read (${systemReason(cause)})`, { cause });
  }
}

async function besideFile(
  list: string,
  name: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const path = join(dirname(list), name);
  const file = await open(path).catch((error: unknown) => {
    if (systemReason(error) === 'ENOENT') return undefined;
    throw new PieceworkError('InvalidList', `${path} can't be read (${systemReason(error)})`, { cause: error });
  });
  await file?.close();
  return file === undefined ? undefined : fileAt(path, signal);
}

/** On one connection: a list is read once, as it comes. */
async function fetched(home: Home, from: SourceLocator, signal: AbortSignal): Promise<OpenedPage> {
  const probe = await home.sources(from.url).probe(from, 'all', { signal });
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunksOf(probe.body, CHUNK_BYTES);
    } finally {
      await probe[Symbol.asyncDispose]();
    }
  }
  return { chunks: chunks(), next: probe.nextPage };
}
