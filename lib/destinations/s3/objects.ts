import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../errors/error.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import type { S3Locator } from '../../s3/client.ts';
import type { Body } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { ObjectSpec, Stored, StoredObject, WriteCondition } from '../destination.ts';
import { encryptionKept, givenName } from './answers.ts';
import { sendBody } from './bodies/send-body.ts';
import { describePlace } from './errors.ts';
import { checkedBy } from './learned/without-extras.ts';
import { digestsIn, objectParameters, tokenIn, validatorIn } from './metadata.ts';
import type { Session } from './session.ts';

/** @param versionId of one version, which is not there when it was deleted. @default the latest */
export async function headObject(
  session: Session,
  target: S3Locator,
  call: Call,
  versionId?: string,
): Promise<StoredObject | undefined> {
  const answer = await rawHead(session, target, call, versionId);
  if (answer === undefined) return undefined;
  const token = tokenIn(answer.Metadata);
  const validator = validatorIn(answer.Metadata);
  const digests = digestsIn(answer.Metadata);
  return {
    sizeBytes: answer.ContentLength ?? -1,
    ...(answer.ETag === undefined ? {} : { etag: answer.ETag }),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
    ...(answer.LastModified === undefined ? {} : { modifiedAt: answer.LastModified.toISOString() }),
    ...(token === undefined ? {} : { token }),
    ...(validator === undefined ? {} : { validator }),
    ...(digests === undefined ? {} : { digests }),
  };
}

async function rawHead(
  session: Session,
  target: S3Locator,
  call: Call,
  versionId: string | undefined,
): Promise<HeadObjectCommandOutput | undefined> {
  const command = new HeadObjectCommand({
    Bucket: target.bucket,
    Key: target.key,
    ...(versionId === undefined ? {} : { VersionId: versionId }),
  });
  try {
    return await session.perform('HeadObject', target, call, ({ steady }, options) => steady.send(command, options));
  } catch (error) {
    // A HEAD has no body to name what is missing; a bucket that is missing shows at the first write.
    if (error instanceof PieceworkError && error.cause !== undefined && serviceFailure(error.cause).status === 404)
      return undefined;
    throw error;
  }
}

export async function putObject(
  session: Session,
  write: {
    readonly object: ObjectSpec;
    readonly target: S3Locator;
    readonly sizeBytes: number;
    readonly condition: WriteCondition;
  },
  body: Body,
  call: Call,
): Promise<Stored & { readonly crc32: number }> {
  const { object, target, sizeBytes, condition } = write;
  const { answer, crc32 } = await sendBody(
    session,
    {
      operation: 'PutObject',
      target,
      sizeBytes,
      // A second try whose first did land would be refused by its own object.
      repeatable: condition === 'none',
      send(client, stream, dress, options) {
        const command = new PutObjectCommand({
          Bucket: target.bucket,
          Key: target.key,
          Body: stream,
          ContentLength: sizeBytes,
          ...(condition === 'absent' ? { IfNoneMatch: '*' } : {}),
          ...objectParameters(object),
        });
        dress(command);
        return client.send(command, options);
      },
    },
    body,
    call,
  );
  if (!encryptionKept(object, answer)) {
    await deleteObject(session, target, call, answer.VersionId);
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(target)}: the store ignores the encryption that was asked for; the object was deleted again`,
    );
  }
  return {
    sizeBytes,
    crc32,
    ...checkedBy(session, target),
    etag: givenName(answer.ETag, 'ETag', 'PutObject', target),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
  };
}

/** No error when nothing is there: S3 answers 204 either way. */
export async function deleteObject(session: Session, target: S3Locator, call: Call, versionId?: string): Promise<void> {
  const command = new DeleteObjectCommand({
    Bucket: target.bucket,
    Key: target.key,
    ...(versionId === undefined ? {} : { VersionId: versionId }),
  });
  try {
    await session.perform('DeleteObject', target, call, ({ steady }, options) => steady.send(command, options));
  } catch (error) {
    if (error instanceof PieceworkError && serviceFailure(error.cause).name === 'NoSuchKey') return;
    throw error;
  }
}
