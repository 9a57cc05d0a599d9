import type { ErrorCode } from '../../errors/codes.ts';
import { PieceworkError } from '../../errors/error.ts';

/** The store answered, and the answer was no; after anything else the Create may have been done all the same. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof PieceworkError &&
    error.code !== 'DestinationUnreachable' &&
    error.code !== 'DestinationServerError' &&
    error.code !== 'Internal' &&
    // It was broken off on our side: the request may be on its way.
    error.code !== 'Interrupted'
  );
}

/**
 * The destination said no, and will say it again: nothing was done. Not so a conflict, an object that is there already
 * (it may be our own), or a request for patience; nor an answer of success that is not one.
 */
export function saysNo(error: unknown): error is PieceworkError {
  if (!(error instanceof PieceworkError) || !NO.has(error.code)) return false;
  const { destinationStatus } = error.details;
  return typeof destinationStatus !== 'number' || destinationStatus >= 300;
}

const NO: ReadonlySet<ErrorCode> = new Set([
  'InvalidDestination',
  'DestinationMissing',
  'DestinationDenied',
  'DestinationWithdrawn',
  'DestinationCredentials',
  'DestinationWrongRegion',
  'DestinationNotWritable',
  'DestinationFull',
  'DestinationLocked',
  'DestinationTooSmall',
  'DestinationUnsupported',
  'DestinationRefused',
]);
