import { PieceworkError } from '../../../errors/error.ts';
import { serviceFailure } from '../../../errors/foreign.ts';
import type { S3Locator } from '../../../s3/client.ts';
import { isCode } from '../answers.ts';
import { describePlace } from '../errors.ts';
import type { Session } from '../session.ts';
import type { Extra } from './learned.ts';

/**
 * How stores call it that they do not know a header, or a part of a document. Not what they call a size or a checksum
 * that is wrong.
 */
const UNKNOWN_TO_IT: ReadonlySet<string> = new Set([
  'InvalidArgument',
  'InvalidRequest',
  'InvalidHeader',
  'UnsupportedHeader',
  'UnsupportedArgument',
  'UnsupportedOperation',
  'NotImplemented',
  'BadRequest',
]);

/** At completion a store calls a wrong size `InvalidRequest`. */
const AT_COMPLETION: ReadonlySet<string> = new Set(['InvalidArgument', 'NotImplemented', 'MalformedXML']);

/**
 * Asks with what is optional; where that is refused, once without, and from then on without at this store. The answer
 * to the second request is the one that counts.
 * @param attempt can be made twice.
 */
export async function orWithout<T>(
  session: Session,
  target: S3Locator,
  extra: Extra,
  attempt: (withExtra: boolean) => Promise<T>,
): Promise<T> {
  if (!sends(session, target, extra)) return await attempt(false);
  try {
    return await attempt(true);
  } catch (error) {
    if (!mayMeanExtras(session, error)) throw error;
    const done = await attempt(false);
    noteLack(session, target, extra, error);
    return done;
  }
}

export function sends({ store, learned }: Session, target: S3Locator, extra: Extra): boolean {
  return !(store.mayLackExtras && learned.lacks(target, extra));
}

/** Whether a refusal may be one of what is optional, and not of what was asked for. */
export function mayMeanExtras({ store }: Session, error: unknown): error is PieceworkError {
  if (!store.mayLackExtras || !isCode(error, 'DestinationRefused', 'DestinationUnsupported')) return false;
  const { name, status } = serviceFailure(error.cause);
  const names = error.details['operation'] === 'CompleteMultipartUpload' ? AT_COMPLETION : UNKNOWN_TO_IT;
  return (status === 400 || status === 501) && names.has(name);
}

const WITHOUT: Readonly<Record<Extra, string>> = {
  checksums: 'CRC32 checksums: MD5 (Content-MD5, ETag) proves what it received',
  proofAtCompletion: 'the size of the object at completion: the sizes of its parts are compared here alone',
  copyCondition: 'the condition on what is copied: that is looked at once more before the end',
};

export function noteLack({ learned, warn }: Session, target: S3Locator, extra: Extra, error: PieceworkError): void {
  if (learned.lacks(target, extra)) return;
  learned.noteLack(target, extra);
  warn(`the store refuses ${WITHOUT[extra]} (${error.message})`);
}

/** What of a result says that the store compared no checksum. */
export function checkedBy(session: Session, target: S3Locator): { readonly checkedBy?: 'md5' } {
  return sends(session, target, 'checksums') ? {} : { checkedBy: 'md5' };
}

/** Of a body that can be sent once only: the piece is fetched again, and sent without. */
export function askedAgainWithout(target: S3Locator, cause: PieceworkError): PieceworkError {
  const message = `${describePlace(target)}: the store refuses CRC32 checksums; the piece is sent again without`;
  return new PieceworkError('DestinationServerError', message, { cause, details: { target: describePlace(target) } });
}
