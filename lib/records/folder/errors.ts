import { PieceworkError } from '../../errors/error.ts';

export function hasErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => error.code === code);
}

/** Runs something on the folder of the records; a system's refusal becomes a sentence about it. */
export async function onFolder<T>(folder: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw sentence(error, folder);
  }
}

function sentence(error: unknown, folder: string): unknown {
  const about = { cause: error, details: { target: folder } };
  if (hasErrno(error, 'ENOSPC', 'EDQUOT')) {
    return new PieceworkError(
      'DestinationFull',
      `no space left for the records in ${folder}; make room, or give another folder`,
      about,
    );
  }
  if (hasErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT')) {
    return new PieceworkError(
      'DestinationNotWritable',
      `the folder of the records, ${folder}, can't be read or written (${(error as NodeJS.ErrnoException).code}); mend its rights, or give another`,
      about,
    );
  }
  return error;
}
