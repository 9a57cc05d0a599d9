import { PieceworkError } from '../../errors/error.ts';

/** @param problem what stands after `the list`: `is cut off` */
export function invalidList(problem: string, cause?: unknown): PieceworkError {
  return new PieceworkError('InvalidList', `the list ${problem}`, cause === undefined ? {} : { cause });
}
