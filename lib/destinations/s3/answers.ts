import type { ErrorCode } from '../../errors/codes.ts';
import { PieceworkError } from '../../errors/error.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import type { Operation } from '../../s3/failures.ts';
import type { ObjectSpec } from '../destination.ts';
import type { Place } from './errors.ts';
import { describePlace } from './errors.ts';

export function isCode(error: unknown, ...codes: readonly ErrorCode[]): error is PieceworkError {
  return error instanceof PieceworkError && codes.includes(error.code);
}

/** A store that ignores the encryption that was asked for says nothing of it in its answer. */
export function encryptionKept(
  object: ObjectSpec,
  answer: { readonly ServerSideEncryption?: string | undefined },
): boolean {
  const asked = object.settings.encryption;
  if (asked === undefined) return true;
  return asked.kind === 's3'
    ? answer.ServerSideEncryption !== undefined
    : answer.ServerSideEncryption?.startsWith('aws:kms') === true;
}

/** AWS's have fewer than 200 characters. They are kept in records and messages, and sent back. */
const MOST_NAME_CHARACTERS = 1024;

/**
 * What a store calls a thing that it made: an ETag, an upload's id. What took nothing, a proxy on the way
 * for one, has no name for it. @throws PieceworkError `DestinationRefused`.
 */
export function givenName(
  name: string | undefined,
  what: 'ETag' | 'UploadId',
  operation: Operation,
  place: Place,
): string {
  if (name !== undefined && name !== '' && name.length <= MOST_NAME_CHARACTERS) return name;
  const fault =
    name === undefined || name === '' ? `without an ${what}` : `with an ${what} of ${name.length} characters`;
  throw notOfS3(operation, place, fault);
}

export function notOfS3(operation: Operation, place: Place, fault: string): PieceworkError {
  return new PieceworkError(
    'DestinationRefused',
    `${describePlace(place)}: the answer to ${operation} is not one of S3 (${fault}); check the endpoint`,
    { details: { target: describePlace(place), operation } },
  );
}

/** The connection stood, and broke. */
export function wasCutOff(error: unknown): boolean {
  return (
    isCode(error, 'DestinationUnreachable') &&
    ['EPIPE', 'ECONNRESET', 'ECONNABORTED'].includes(serviceFailure(error.cause).name)
  );
}
