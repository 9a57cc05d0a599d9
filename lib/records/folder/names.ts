import { join } from 'node:path';
import { PieceworkError } from '../../errors/error.ts';

/**
 * The first word of a path is a folder, the rest one file name with `+` for `/`: `active/01J…/1` is
 * `active/01J…+1`. So no folder ever becomes empty, and none has to be removed while something is written to
 * it. What has a `~` is no record.
 */
export interface RecordPlace {
  readonly folder: string;
  readonly file: string;
  /** Written here first; under the lock there is one writer, so it needs no name of its own. */
  readonly draft: string;
  readonly lock: string;
}

export function placeOf(root: string, path: string): RecordPlace {
  const [room, ...rest] = path.split('/');
  const isPath = [room, ...rest].every((word) => word !== undefined && /^(?!\.{1,2}$)[A-Za-z0-9._=-]+$/.test(word));
  if (!isPath || room === undefined || rest.length === 0) {
    throw new PieceworkError('Internal', `${JSON.stringify(path)} is no path of a record`);
  }
  const folder = join(root, room);
  const file = join(folder, rest.join('+'));
  return { folder, file, draft: `${file}~new`, lock: `${file}~lock` };
}

/** Name of the lock under which a file stands that a writer needs for a moment; `undefined` = it is no such file. */
export function lockOfFile(name: string): string | undefined {
  const [, record] = /^([^~]+)~(?:new|lock(?:\..+)?)$/.exec(name) ?? [];
  return record === undefined ? undefined : `${record}~lock`;
}

/** Of a lock's file: where its holder writes first. */
export function draftOfLock(lock: string): string {
  return lock.replace(/~lock$/, '~new');
}

/** `undefined` for a file that is no record. */
export function pathOfFile(room: string, name: string): string | undefined {
  return name.includes('~') ? undefined : `${room}/${name.replaceAll('+', '/')}`;
}
