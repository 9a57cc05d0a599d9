import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { PieceworkError } from '../../../errors/error.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { Call } from '../../../values/call.ts';
import type { CopyUploads, ObjectSpec, Stored, WriteCondition } from '../../destination.ts';
import { encryptionKept, givenName, isCode } from '../answers.ts';
import { describePlace } from '../errors.ts';
import { objectParameters } from '../metadata.ts';
import { headObject, putObject } from '../objects.ts';
import type { Session } from '../session.ts';
import { checksumAsked, MAX_COPY_BYTES } from '../stores.ts';
import { abortUpload } from '../uploads.ts';
import { copySource } from './copy-source.ts';

/** A copy inside the store: from one key to another, with the final object's own metadata. */
interface Copy {
  readonly from: S3Locator;
  /** Pins the version that was looked at. */
  readonly etag: string | undefined;
  readonly to: S3Locator;
  readonly object: ObjectSpec;
  readonly sizeBytes: number;
  readonly condition: WriteCondition;
}

/**
 * Copies the staged object onto its real key. One CopyObject where that is enough; above 5 GB, and where the store's
 * CopyObject is not known to hold the write condition, a multipart copy, whose Complete holds it.
 */
export async function promote(
  session: Session,
  copy: Omit<Copy, 'etag'>,
  uploads: CopyUploads,
  call: Call,
): Promise<Stored> {
  const { from, to, object, sizeBytes, condition } = copy;
  if (from.bucket !== to.bucket || from.endpoint !== to.endpoint) {
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(to)}: a staged object is promoted within its own bucket only`,
    );
  }
  const staged = await headObject(session, from, call);
  if (staged === undefined)
    throw new PieceworkError('UploadLost', `${describePlace(from)}: the staged object is not there`);
  if (staged.sizeBytes !== sizeBytes) {
    throw new PieceworkError(
      'OutcomeUnknown',
      `${describePlace(from)}: the staged object has ${staged.sizeBytes} bytes, not the ${sizeBytes} that were proved; another program wrote it`,
    );
  }
  // An empty object has no parts to copy, and nothing to copy either.
  if (sizeBytes === 0) {
    const { crc32: _, ...stored } = await putObject(
      session,
      { object, target: to, sizeBytes, condition },
      { kind: 'whole', bytes: new Uint8Array(), crc32: 0 },
      call,
    );
    return stored;
  }
  const pinned = { ...copy, etag: staged.etag };
  const simple = sizeBytes <= MAX_COPY_BYTES && (condition === 'none' || session.store.conditionalCopy);
  return simple ? copyObject(session, pinned, call) : copyInParts(session, pinned, uploads, call);
}

async function copyObject(session: Session, copy: Copy, call: Call): Promise<Stored> {
  const { from, to, object, sizeBytes } = copy;
  const command = new CopyObjectCommand({
    ...copySource(from, copy.etag),
    Bucket: to.bucket,
    Key: to.key,
    // Else it would keep the staging object's token.
    MetadataDirective: 'REPLACE',
    TaggingDirective: 'REPLACE',
    ChecksumAlgorithm: 'CRC32',
    ...objectParameters(object),
    ...(copy.condition === 'absent' ? { IfNoneMatch: '*' } : {}),
  });
  const answer = await session.perform('CopyObject', to, call, ({ once }, options) => once.send(command, options));
  if (!encryptionKept(object, answer)) {
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(to)}: the store ignored the encryption that was asked for`,
    );
  }
  return {
    sizeBytes,
    etag: givenName(answer.CopyObjectResult?.ETag, 'ETag', 'CopyObject', to),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
  };
}

async function copyInParts(session: Session, copy: Copy, uploads: CopyUploads, call: Call): Promise<Stored> {
  const { to, object } = copy;
  await uploads.begins();
  const create = new CreateMultipartUploadCommand({
    Bucket: to.bucket,
    Key: to.key,
    ...checksumAsked(session.store),
    ...objectParameters(object),
  });
  const { UploadId } = await session.perform('CreateMultipartUpload', to, call, ({ once }, options) =>
    once.send(create, options),
  );
  const id = givenName(UploadId, 'UploadId', 'CreateMultipartUpload', to);
  try {
    await uploads.began(id);
    return await fillAndComplete(session, copy, id, call);
  } catch (error) {
    // Also when it may have been completed: that can't be undone by this, and then the token tells. A cancelled call
    // gets a moment of its own to clean up; where that fails too, the first error is the one to tell.
    const signal = call.signal.aborted ? AbortSignal.timeout(10_000) : call.signal;
    await abortUpload(session, { target: to, id }, { signal }).catch(() => {});
    throw error;
  }
}

async function fillAndComplete(session: Session, copy: Copy, id: string, call: Call): Promise<Stored> {
  const { to, sizeBytes } = copy;
  const parts: { PartNumber: number; ETag?: string; ChecksumCRC32?: string }[] = [];
  const stepBytes = copyStepBytes(session, sizeBytes);
  for (let start = 0; start < sizeBytes; start += stepBytes) {
    const end = Math.min(start + stepBytes, sizeBytes);
    const command = new UploadPartCopyCommand({
      ...copySource(copy.from, copy.etag),
      Bucket: to.bucket,
      Key: to.key,
      UploadId: id,
      PartNumber: parts.length + 1,
      // The whole as a "range" is refused for objects up to 5 MB, and not needed.
      ...(start === 0 && end === sizeBytes ? {} : { CopySourceRange: `bytes=${start}-${end - 1}` }),
    });
    const { CopyPartResult: made } = await session
      .perform('UploadPartCopy', to, call, ({ steady }, options) => steady.send(command, options))
      .catch((error: unknown) => {
        throw isCode(error, 'SourceChanged') ? stagedChanged(copy.from, error) : error;
      });
    parts.push({
      PartNumber: parts.length + 1,
      ETag: givenName(made?.ETag, 'ETag', 'UploadPartCopy', to),
      ...(made?.ChecksumCRC32 === undefined ? {} : { ChecksumCRC32: made.ChecksumCRC32 }),
    });
  }
  const command = new CompleteMultipartUploadCommand({
    Bucket: to.bucket,
    Key: to.key,
    UploadId: id,
    MultipartUpload: { Parts: parts },
    MpuObjectSize: sizeBytes,
    ...(copy.condition === 'absent' ? { IfNoneMatch: '*' } : {}),
  });
  const answer = await session.perform('CompleteMultipartUpload', to, call, ({ once }, options) =>
    once.send(command, options),
  );
  return {
    sizeBytes,
    etag: givenName(answer.ETag, 'ETag', 'CompleteMultipartUpload', to),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
  };
}

function stagedChanged(staged: S3Locator, cause: unknown): PieceworkError {
  return new PieceworkError(
    'OutcomeUnknown',
    `${describePlace(staged)}: the staged object is no longer the one that was proved; another program wrote it`,
    { cause },
  );
}

/** 1 GiB at a time, or more where there would be too many parts. */
function copyStepBytes(session: Session, sizeBytes: number): number {
  const { maxPieces, maxPieceBytes } = session.store.limits;
  return Math.min(maxPieceBytes, Math.max(1024 ** 3, Math.ceil(sizeBytes / maxPieces)));
}
