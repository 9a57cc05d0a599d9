import type { ErrorCode } from '../../errors/codes.ts';
import { PieceworkError } from '../../errors/error.ts';
import { formatBytes } from '../../values/units.ts';

/** What a system's refusal means for the file at `path`, as a sentence; see errno(3). */
function sentence(errno: string, path: string): readonly [ErrorCode, string] {
  switch (errno) {
    case 'ENOSPC':
      return ['DestinationFull', `no space left for ${path}; make room, then start again to go on`];
    case 'EDQUOT':
      return ['DestinationFull', `the disk quota is used up at ${path}; make room, then start again to go on`];
    case 'EFBIG':
      return [
        'DestinationTooSmall',
        `${path} would be larger than its file system, or a limit of this process, allows`,
      ];
    case 'EACCES':
    case 'EPERM':
      return [
        'DestinationNotWritable',
        `no permission to write ${path}; check the rights of the file and of its folder`,
      ];
    case 'EROFS':
      return ['DestinationNotWritable', `${path} is on a file system that is mounted read-only`];
    case 'ENOENT':
    case 'ENOTDIR':
      return ['DestinationMissing', `the folder of ${path} does not exist; create it, or give another`];
    case 'EISDIR':
      return ['InvalidDestination', `${path} is a folder; name a file in it`];
    case 'ENAMETOOLONG':
      return ['InvalidDestination', `the name of ${path} is too long for its file system`];
    case 'ELOOP':
      return ['InvalidDestination', `the symbolic links of ${path} lead in a circle`];
    case 'EMFILE':
    case 'ENFILE':
      return ['DestinationRefused', `too many open files to write ${path}; raise the limit (ulimit -n)`];
    case 'EIO':
      return ['DestinationRefused', `the disk reports an error at ${path}; check it, or give another folder`];
    default:
      return ['DestinationRefused', `the system refused to write ${path}: ${errno}`];
  }
}

/** A system's error as a `PieceworkError` about `path`; anything else as it is. */
export function diskError(error: unknown, path: string): unknown {
  if (!isSystemError(error)) return error;
  const [code, message] = sentence(error.code, path);
  return new PieceworkError(code, message, { cause: error, details: { target: path, errno: error.code } });
}

export async function onDisk<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw diskError(error, path);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

export function hasErrno(error: unknown, ...codes: string[]): boolean {
  return isSystemError(error) && codes.includes(error.code);
}

/** What a look finds; `undefined` where nothing is there. @param missing further errors than ENOENT that say so. */
export async function ifThere<T>(look: () => Promise<T>, ...missing: readonly string[]): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (hasErrno(error, 'ENOENT', ...missing)) return undefined;
    throw error;
  }
}

export function folderIsFull(folder: string, neededBytes: number, availableBytes: number): PieceworkError {
  return new PieceworkError(
    'DestinationFull',
    `not enough space in ${folder}: ${formatBytes(neededBytes)} needed, ${formatBytes(availableBytes)} available; make room, or give another folder`,
    { details: { target: folder, neededBytes, availableBytes } },
  );
}

export function uploadLost(path: string, why: string): PieceworkError {
  return new PieceworkError('UploadLost', `the unfinished upload of ${path} is gone: ${why}`, {
    details: { target: path },
  });
}
