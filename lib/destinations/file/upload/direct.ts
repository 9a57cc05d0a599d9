import type { FileHandle } from 'node:fs/promises';
import { statfs } from 'node:fs/promises';
import { directLength, openDirect } from '../../../disk/direct.ts';
import type { ObjectSpec } from '../../destination.ts';
import { hasErrno } from '../errors.ts';
import type { WriteAt } from './write-all.ts';

/**
 * Whether bytes go to the disk past the system's cache. That takes half of the CPU and leaves the cache to others, but
 * who reads the file afterwards has to wait for the disk. `auto`: where the cache could not keep the file anyway, on
 * file systems that it is known of; `always`: wherever the file system takes it.
 */
export type DirectWrites = 'auto' | 'always' | 'never';

export interface DirectOptions {
  /** @default 'auto' */
  readonly directWrites?: DirectWrites;
  /** A seam for tests: a file system that refuses is hard to come by. @default that of the system */
  readonly openDirect?: (file: FileHandle) => Promise<FileHandle | undefined>;
  /** In bytes. @default `process.availableMemory`, which knows the limit of a container */
  readonly availableMemory?: () => number;
}

/** The bytes of an upload, by the second way into its file. */
export interface DirectFile extends AsyncDisposable {
  readonly writeAt: WriteAt;
}

/** Of what memory is available: a larger file would push out what others read, and its own beginning. */
const LARGE_SHARE = 1 / 4;

/** Ext (2 to 4) and XFS, as statfs(2) numbers them. Over a network each direct write would wait for the other side. */
const KNOWN_FILE_SYSTEMS: ReadonlySet<number> = new Set([0xef53, 0x5846_5342]);

/** So much at once: each direct write waits for the disk, and each crosses to another thread and back. */
export const DIRECT_BYTES = 1024 ** 2;

/**
 * Opens the file of an upload for direct writes, if they are wanted; `undefined` = they are not, or not possible here.
 * @param about digests: they are proved by reading the file, best from the cache
 * @param otherwise writes what can't go that way: the end of a file, and all, once the file system refuses
 */
export async function directFile(
  file: FileHandle,
  path: string,
  about: Pick<ObjectSpec, 'sizeBytes' | 'digests'>,
  { directWrites = 'auto', openDirect: open = openDirect, availableMemory = available }: DirectOptions,
  otherwise: WriteAt,
): Promise<DirectFile | undefined> {
  if (directWrites === 'never') return undefined;
  if (directWrites === 'auto') {
    const isLarge = (about.sizeBytes ?? 0) > availableMemory() * LARGE_SHARE;
    if (!isLarge || about.digests !== undefined || !(await isKnown(path))) return undefined;
  }
  const direct = await open(file);
  if (direct === undefined) return undefined;
  let isRefused = false;

  return {
    async writeAt(ordinary, bytes, position) {
      const length = isRefused ? 0 : directLength(bytes, position);
      if (length === 0) return await otherwise(ordinary, bytes, position);
      try {
        return (await direct.write(bytes, 0, length, position)).bytesWritten;
      } catch (error) {
        // Opened, and refused all the same: nothing of these bytes was written.
        if (!hasErrno(error, 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
        isRefused = true;
        return await otherwise(ordinary, bytes, position);
      }
    },
    [Symbol.asyncDispose]: () => direct.close(),
  };
}

/** Of the upload's file. One that can't be asked is not known. */
async function isKnown(path: string): Promise<boolean> {
  try {
    return KNOWN_FILE_SYSTEMS.has((await statfs(path)).type);
  } catch {
    return false;
  }
}

function available(): number {
  return process.availableMemory();
}
