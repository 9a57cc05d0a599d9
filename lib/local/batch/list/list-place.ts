import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemReason } from '../../../disk/user-file.ts';
import { PieceworkError } from '../../../errors/error.ts';
import type { ListPlace } from '../../../lists/whole/read-whole-list.ts';

const CHUNK_BYTES = 1024 ** 2;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;

export function isUrl(from: string): boolean {
  return URL_LIKE.test(from);
}

/** A list of this machine, or from stdin, which has nothing beside it. */
export function placeHere(from: string, signal: AbortSignal): ListPlace {
  if (from === '-')
    return {
      open: async () => ({ chunks: process.stdin as AsyncIterable<Uint8Array> }),
      beside: async () => undefined,
    };
  return { open: async () => ({ chunks: fileAt(from, signal) }), beside: (name) => besideFile(from, name, signal) };
}

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
    throw new PieceworkError('InvalidList', unreadable(path, systemReason(cause)), { cause });
  }
}

function unreadable(path: string, reason: string): string {
  if (reason === 'ENOENT') return `there is no list ${path}: the list can't be read (ENOENT)`;
  if (reason === 'EISDIR') return `${path} is a folder, and no list: it can't be read (EISDIR)`;
  return `the list ${path} can't be read (${reason})`;
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
