import { PieceworkError } from '../../errors/error.ts';

/** The store answered, and the answer was no; after anything else the Create may have been done all the same. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof PieceworkError &&
    error.code !== 'DestinationUnreachable' &&
    error.code !== 'DestinationServerError' &&
    error.code !== 'Internal'
  );
}
