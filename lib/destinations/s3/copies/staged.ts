import type { Readable } from 'node:stream';
import { PieceworkError } from '../../../errors/error.ts';
import { serviceFailure } from '../../../errors/foreign.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { Call } from '../../../values/call.ts';
import type { StagedObject, StagedReader } from '../../destination.ts';
import { givenName } from '../answers.ts';
import { describePlace } from '../errors.ts';
import { tokenIn } from '../metadata.ts';
import { headObject } from '../objects.ts';
import type { Session } from '../session.ts';
import { getObject, readerOf } from './read.ts';

/** The staged object of this token, and no other: one answer says whose it is, which version, and its bytes. */
export async function readStaged(
  session: Session,
  target: S3Locator,
  token: string,
  sizeBytes: number,
  call: Call,
): Promise<StagedReader> {
  const answer = await getObject(session, target, call);
  const body = answer.Body as Readable;
  try {
    if (tokenIn(answer.Metadata) !== token) throw stagedChanged(target);
    const etag = givenName(answer.ETag, 'ETag', 'GetObject', target);
    const { VersionId: versionId } = answer;
    const staged = { target, sizeBytes, etag, ...(versionId === undefined ? {} : { versionId }) };
    return { ...readerOf(body, target, sizeBytes, call), staged };
  } catch (error) {
    body.on('error', () => {});
    body.destroy();
    throw error;
  }
}

/** Whether what was read still stands there. Of a kept version: whether it is still kept. */
export async function isStillThere(
  session: Session,
  from: S3Locator,
  { etag, versionId }: StagedObject,
  call: Call,
): Promise<boolean> {
  const there = await headObject(session, from, call, versionId);
  return there?.etag === etag;
}

export function stagedChanged(place: S3Locator, cause?: unknown): PieceworkError {
  return new PieceworkError(
    'StagedObjectChanged',
    `${describePlace(place)}: another program wrote over the object while its digest was being proved; nothing was published. Keep it from writing there, and try again`,
    { cause, details: { target: describePlace(place) } },
  );
}

export function stagedGone(place: S3Locator, cause: unknown): PieceworkError {
  return new PieceworkError('UploadLost', `${describePlace(place)}: the staged object is not there`, {
    cause,
    details: { target: describePlace(place) },
  });
}

/** Of a copy: its source is missing, not its target's bucket or upload. */
export function isNoSuchObject(error: unknown): boolean {
  return error instanceof PieceworkError && ['NoSuchKey', 'NoSuchVersion'].includes(serviceFailure(error.cause).name);
}
