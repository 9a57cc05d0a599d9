import { createHash } from 'node:crypto';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../errors/error.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import type { Clients, S3Locator } from '../../s3/client.ts';
import type { DirectAnswer, DirectRequest } from '../../s3/direct/direct.ts';
import type { Body } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { ObjectSpec, Stored, StoredObject, WriteCondition } from '../destination.ts';
import { encryptionKept, givenName } from './answers.ts';
import type { Taken } from './bodies/object-headers.ts';
import { metadataIn, objectHeaders, takenBy } from './bodies/object-headers.ts';
import { sendBody } from './bodies/send-body.ts';
import { describePlace } from './errors.ts';
import { checkedBy } from './learned/without-extras.ts';
import { digestsIn, objectParameters, tokenIn, validatorIn } from './metadata.ts';
import type { SendOptions, Session } from './session.ts';

type Head = Pick<HeadObjectCommandOutput, 'ContentLength' | 'ETag' | 'LastModified' | 'Metadata' | 'VersionId'>;

const SHA256_OF_NOTHING = createHash('sha256').digest('hex');

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
): Promise<Head | undefined> {
  try {
    return await session.perform('HeadObject', target, call, (clients, options) =>
      askForHead(clients, target, versionId, options),
    );
  } catch (error) {
    // A HEAD has no body to name what is missing; a bucket that is missing shows at the first write.
    if (error instanceof PieceworkError && error.cause !== undefined && serviceFailure(error.cause).status === 404)
      return undefined;
    throw error;
  }
}

/** What may pass is asked again by the SDK, which has patience. */
async function askForHead(
  { direct, steady }: Clients,
  target: S3Locator,
  versionId: string | undefined,
  options: SendOptions,
): Promise<Head> {
  const { bucket, key } = target;
  const request: DirectRequest = {
    operation: 'HeadObject',
    method: 'HEAD',
    bucket,
    key,
    ...(versionId === undefined ? {} : { query: { versionId } }),
    headers: { 'x-amz-content-sha256': SHA256_OF_NOTHING },
  };
  try {
    const headers = await direct.send(request, options.abortSignal);
    if (headers !== undefined) return headIn(headers);
  } catch (error) {
    const { status = 500 } = serviceFailure(error);
    if (options.abortSignal.aborted || (status < 500 && status !== 429)) throw error;
  }
  const named = { Bucket: bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
  return await steady.send(new HeadObjectCommand(named), options);
}

function headIn(headers: DirectAnswer): Head {
  const modifiedMs = Date.parse(headers['last-modified'] ?? '');
  return {
    ETag: headers['etag'],
    VersionId: headers['x-amz-version-id'],
    Metadata: metadataIn(headers),
    ...(headers['content-length'] === undefined ? {} : { ContentLength: Number(headers['content-length']) }),
    ...(Number.isNaN(modifiedMs) ? {} : { LastModified: new Date(modifiedMs) }),
  };
}

/** By the first key that a list has; without the right to list nothing is known. */
export async function isEmptyBelow(session: Session, prefix: S3Locator, call: Call): Promise<boolean> {
  const command = new ListObjectsV2Command({ Bucket: prefix.bucket, Prefix: prefix.key, MaxKeys: 1 });
  try {
    const { Contents = [], KeyCount } = await session.perform('ListObjectsV2', prefix, call, ({ steady }, options) =>
      steady.send(command, options),
    );
    return Contents.length === 0 && KeyCount === 0;
  } catch {
    call.signal.throwIfAborted();
    return false;
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
  const parameters = objectParameters(object);
  const { answer, crc32 } = await sendBody<Taken>(
    session,
    {
      operation: 'PutObject',
      target,
      sizeBytes,
      // A second try whose first did land would be refused by its own object.
      repeatable: condition === 'none',
      headers: { ...(condition === 'absent' ? { 'if-none-match': '*' } : {}), ...objectHeaders(parameters) },
      read: takenBy,
      send(client, stream, dress, options) {
        const command = new PutObjectCommand({
          Bucket: target.bucket,
          Key: target.key,
          Body: stream,
          ContentLength: sizeBytes,
          ...(condition === 'absent' ? { IfNoneMatch: '*' } : {}),
          ...parameters,
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
