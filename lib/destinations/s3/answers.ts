import type { ErrorCode } from '../../errors/codes.ts';
import { PieceworkError } from '../../errors/error.ts';
import { serviceFailure } from '../../errors/service.ts';
import type { ObjectSpec } from '../destination.ts';

export function isCode(error: unknown, ...codes: readonly ErrorCode[]): error is PieceworkError {
  return error instanceof PieceworkError && codes.includes(error.code);
}

/** A store that ignores the wish for encryption says nothing of it in its answer. */
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

/** The connection stood, and broke. */
export function wasCutOff(error: unknown): boolean {
  return (
    isCode(error, 'DestinationUnreachable') &&
    ['EPIPE', 'ECONNRESET', 'ECONNABORTED'].includes(serviceFailure(error.cause).name)
  );
}
