import { CompleteMultipartUploadCommand, CopyObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../../errors/error.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { Call } from '../../../values/call.ts';
import type { CopyUploads, ObjectSpec, StagedObject, Stored, WriteCondition } from '../../destination.ts';
import { encryptionKept, givenName, isCode } from '../answers.ts';
import { describePlace } from '../errors.ts';
import { checkedBy, orWithout } from '../learned/without-extras.ts';
import { objectParameters } from '../metadata.ts';
import { putObject } from '../objects.ts';
import type { Session } from '../session.ts';
import { MAX_COPY_BYTES } from '../stores.ts';
import { abortUpload, create } from '../uploads.ts';
import { copySource } from './copy-source.ts';
import { isNoSuchObject, isStillThere, stagedChanged, stagedGone } from './staged.ts';

/** A copy inside the store: from one key to another, with the final object's own metadata. */
interface Copy {
  readonly from: S3Locator;
  /** What was read there: each request of the copy is held to it. */
  readonly staged: StagedObject;
  readonly to: S3Locator;
  readonly object: ObjectSpec;
  readonly condition: WriteCondition;
}

/**
 * Copies the staged object onto its real key. One CopyObject where that is enough; above 5 GB, and where the store's
 * CopyObject is not known to hold both conditions, on what is read and on what is written, a multipart copy: before its
 * Complete there is time for a look at what was copied, and Complete holds the condition on the key.
 */
export async function promote(session: Session, copy: Copy, uploads: CopyUploads, call: Call): Promise<Stored> {
  const { from, staged, to, object, condition } = copy;
  if (from.bucket !== to.bucket || from.endpoint !== to.endpoint) {
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(to)}: a staged object is promoted within its own bucket only`,
    );
  }
  // An empty object has no parts to copy, and nothing to copy either.
  if (staged.sizeBytes === 0) {
    const { crc32: _, ...stored } = await putObject(
      session,
      { object, target: to, sizeBytes: 0, condition },
      { kind: 'whole', bytes: new Uint8Array(), crc32: 0 },
      call,
    );
    return stored;
  }
  try {
    return await copyStaged(session, copy, uploads, call);
  } catch (error) {
    if (staged.versionId === undefined || !isCode(error, 'DestinationDenied')) throw error;
    // To read by version is a right of its own (s3:GetObjectVersion). The ETag alone is as strict.
    const { versionId: _, ...latest } = staged;
    return await copyStaged(session, { ...copy, staged: latest }, uploads, call);
  }
}

async function copyStaged(session: Session, copy: Copy, uploads: CopyUploads, call: Call): Promise<Stored> {
  const { pinsCopySource, conditionalCopy } = session.store;
  const holdsConditions = pinsCopySource && (copy.condition === 'none' || conditionalCopy);
  return holdsConditions && copy.staged.sizeBytes <= MAX_COPY_BYTES
    ? await copyObject(session, copy, call)
    : await copyInParts(session, copy, uploads, call);
}

async function copyObject(session: Session, copy: Copy, call: Call): Promise<Stored> {
  const { to, object, staged } = copy;
  const command = new CopyObjectCommand({
    ...sourceOf(copy),
    Bucket: to.bucket,
    Key: to.key,
    // Else it would keep the staging object's token.
    MetadataDirective: 'REPLACE',
    TaggingDirective: 'REPLACE',
    ChecksumAlgorithm: 'CRC32',
    ...objectParameters(object),
    ...(copy.condition === 'absent' ? { IfNoneMatch: '*' } : {}),
  });
  const answer = await session
    .perform('CopyObject', to, call, ({ once }, options) => once.send(command, options))
    .catch(async (error: unknown) => {
      throw await copyFailure(session, copy, error, call);
    });
  if (!encryptionKept(object, answer)) {
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(to)}: the store ignored the encryption that was asked for`,
    );
  }
  return {
    sizeBytes: staged.sizeBytes,
    etag: givenName(answer.CopyObjectResult?.ETag, 'ETag', 'CopyObject', to),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
  };
}

function sourceOf({ from, staged }: Copy, { withCondition = true } = {}): ReturnType<typeof copySource> {
  const { versionId, etag } = staged;
  return copySource({ ...from, ...(versionId === undefined ? {} : { versionId }) }, withCondition ? etag : undefined);
}

/** Which of the two ends a refusal is about. A 412 of CopyObject does not say which of its conditions failed. */
async function copyFailure(session: Session, copy: Copy, error: unknown, call: Call): Promise<unknown> {
  const { from, staged, condition } = copy;
  if (isNoSuchObject(error)) return stagedGone(from, error);
  if (isCode(error, 'SourceChanged')) return stagedChanged(from, error);
  if (!isCode(error, 'DestinationExists')) return error;
  const isThere = condition === 'absent' && (await isStillThere(session, from, staged, call).catch(() => true));
  call.signal.throwIfAborted();
  return isThere ? error : stagedChanged(from, error);
}

async function copyInParts(session: Session, copy: Copy, uploads: CopyUploads, call: Call): Promise<Stored> {
  const { to, object } = copy;
  await uploads.begins();
  const { UploadId } = await create(session, object, to, call);
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
  const { from, to, staged } = copy;
  const { sizeBytes } = staged;
  const parts: { PartNumber: number; ETag?: string; ChecksumCRC32?: string }[] = [];
  const stepBytes = copyStepBytes(session, sizeBytes);
  for (let start = 0; start < sizeBytes; start += stepBytes) {
    const end = Math.min(start + stepBytes, sizeBytes);
    const { CopyPartResult: made } = await orWithout(session, to, 'copyCondition', (withCondition) => {
      const command = new UploadPartCopyCommand({
        ...sourceOf(copy, { withCondition }),
        Bucket: to.bucket,
        Key: to.key,
        UploadId: id,
        PartNumber: parts.length + 1,
        // The whole as a "range" is refused for objects up to 5 MB, and not needed.
        ...(start === 0 && end === sizeBytes ? {} : { CopySourceRange: `bytes=${start}-${end - 1}` }),
      });
      return session.perform('UploadPartCopy', to, call, ({ steady }, options) => steady.send(command, options));
    }).catch(async (error: unknown) => {
      throw await copyFailure(session, copy, error, call);
    });
    parts.push({
      PartNumber: parts.length + 1,
      ETag: givenName(made?.ETag, 'ETag', 'UploadPartCopy', to),
      ...(made?.ChecksumCRC32 === undefined ? {} : { ChecksumCRC32: made.ChecksumCRC32 }),
    });
  }
  if (!session.store.pinsCopySource && !(await isStillThere(session, from, staged, call))) throw stagedChanged(from);
  const answer = await orWithout(session, to, 'proofAtCompletion', (withProof) => {
    const command = new CompleteMultipartUploadCommand({
      Bucket: to.bucket,
      Key: to.key,
      UploadId: id,
      MultipartUpload: { Parts: parts },
      ...(withProof ? { MpuObjectSize: sizeBytes } : {}),
      ...(copy.condition === 'absent' ? { IfNoneMatch: '*' } : {}),
    });
    return session.perform('CompleteMultipartUpload', to, call, ({ once }, options) => once.send(command, options));
  });
  return {
    sizeBytes,
    ...checkedBy(session, to),
    etag: givenName(answer.ETag, 'ETag', 'CompleteMultipartUpload', to),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
  };
}

/** 1 GiB at a time, or more where there would be too many parts. */
function copyStepBytes(session: Session, sizeBytes: number): number {
  const { maxPieces, maxPieceBytes } = session.store.limits;
  return Math.min(maxPieceBytes, Math.max(1024 ** 3, Math.ceil(sizeBytes / maxPieces)));
}
