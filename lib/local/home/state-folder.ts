import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../disk/make-folder.ts';
import { systemReason } from '../../disk/user-file.ts';
import { PieceworkError } from '../../errors/error.ts';

export function stateFolderOf(given: string | undefined, environment: NodeJS.ProcessEnv): string {
  return given ?? join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'piecework');
}

/** @throws PieceworkError `DestinationNotWritable`. */
export function makeStateFolder(path: string): string {
  try {
    makeFolder(path, 0o700);
  } catch (cause) {
    throw new PieceworkError(
      'DestinationNotWritable',
      `the state folder ${path} can't be made (${systemReason(cause)}); give another with --state-dir`,
      { cause },
    );
  }
  return path;
}

/** Why others could put records, locks and idempotency keys there that we would believe; `undefined` = they can't. */
export function whoElseWrites(path: string): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  const { uid, mode } = statSync(path);
  if (uid !== own && uid !== 0) return `belongs to another user (${uid})`;
  return (mode & 0o022) === 0 ? undefined : 'may be written by others';
}
