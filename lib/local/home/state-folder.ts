import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../disk/make-folder.ts';
import { systemReason } from '../../disk/user-file.ts';
import { PieceworkError } from '../../errors/error.ts';

export function stateFolderOf(given: string | undefined, environment: NodeJS.ProcessEnv): string {
  return given ?? join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'piecework');
}

/**
 * Makes the state folder, or a folder of it. @throws PieceworkError `DestinationNotWritable`.
 * @param within names of folders in it, one in the other
 */
export function makeStateFolder(stateDir: string, ...within: readonly string[]): string {
  const path = join(stateDir, ...within);
  try {
    makeFolder(path, 0o700);
  } catch (cause) {
    throw stateNotWritable(stateDir, cause);
  }
  return path;
}

/** What the system says of who may not write there. */
const REFUSALS = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Runs what writes into it. @throws PieceworkError `DestinationNotWritable`, where the system refuses. */
export async function inStateFolder<T>(stateDir: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw REFUSALS.has((error as NodeJS.ErrnoException).code ?? '') ? stateNotWritable(stateDir, error) : error;
  }
}

function stateNotWritable(stateDir: string, cause: unknown): PieceworkError {
  const reason = systemReason(cause);
  const why = reason === 'EEXIST' || reason === 'ENOTDIR' ? 'there is a file in the way' : reason;
  return new PieceworkError(
    'DestinationNotWritable',
    `the state folder ${stateDir} can't be written (${why}); mend its rights, or give another with --state-dir`,
    { cause, details: { target: stateDir } },
  );
}

/** Why others could put records, locks and idempotency keys there that we would believe; `undefined` = they can't. */
export function whoElseWrites(path: string): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  const { uid, mode } = statSync(path);
  if (uid !== own && uid !== 0) return `belongs to another user (${uid})`;
  return (mode & 0o022) === 0 ? undefined : 'may be written by others';
}
