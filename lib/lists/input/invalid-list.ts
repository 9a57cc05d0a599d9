import { PieceworkError } from '../../errors/error.ts';
import { baseOf } from '../finish/base.ts';
import type { ListOptions } from '../options.ts';

/** @param problem what stands after `the list`: `is cut off` */
export function invalidList(problem: string, cause?: unknown): PieceworkError {
  return new PieceworkError('InvalidList', `the list ${problem}`, cause === undefined ? {} : { cause });
}

export function isInvalidList(error: unknown): error is PieceworkError {
  return error instanceof PieceworkError && error.code === 'InvalidList';
}

/** @throws PieceworkError where names of this kind of list lie in no folder that is known */
export function requireBase(options: Pick<ListOptions, 'base' | 'listUrl'>, format: string): string {
  const folder = baseOf(options);
  if (folder !== undefined) return folder;
  throw invalidList(`(${format}) has names and no URLs; say where the files lie (--base URL)`);
}
