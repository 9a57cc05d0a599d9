import { PieceworkError } from '../errors/error.ts';
import { NotOrdinary, readOrdinarySync, USER_FILE } from './ordinary-file.ts';

/**
 * The text of a file that the user names or keeps.
 * @param subject what it is, with its path: the sentence begins with it.
 * @param remedy goes at the end of the sentence.
 * @throws PieceworkError `InvalidOption` when it can't be read.
 */
export function readUserFile(path: string, subject: string, remedy = ''): string {
  try {
    return readOrdinarySync(path, USER_FILE);
  } catch (cause) {
    throw unreadable(subject, cause, remedy);
  }
}

/** The same; `undefined` = there is none. @throws PieceworkError `InvalidOption`. */
export function readUserFileIfThere(path: string, subject: string): string | undefined {
  try {
    return readOrdinarySync(path, USER_FILE);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemReason(cause))) return undefined;
    throw unreadable(subject, cause);
  }
}

function unreadable(subject: string, cause: unknown, remedy = ''): PieceworkError {
  return new PieceworkError('InvalidOption', `${subject} can't be read (${systemReason(cause)})${remedy}`, { cause });
}

/** Why a file or folder can't be used, for brackets in a sentence: the system's code, or what the file is. */
export function systemReason(cause: unknown): string {
  if (cause instanceof NotOrdinary) return `it is ${cause.what}`;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}
