import { PieceworkError } from '../../errors/error.ts';
import type { ListOptions } from '../options.ts';

/** @param problem what stands after `the list`: `is cut off` */
export function invalidList(problem: string, cause?: unknown): PieceworkError {
  return new PieceworkError('InvalidList', `the list ${problem}`, cause === undefined ? {} : { cause });
}

/** @throws PieceworkError where names of this kind of list lie in no folder that is known */
export function requireBase({ base, listUrl }: Pick<ListOptions, 'base' | 'listUrl'>, format: string): string {
  const folder = base ?? listUrl;
  if (folder !== undefined) return folder;
  throw invalidList(`(${format}) has names and no URLs; say where the files lie (--base URL)`);
}
