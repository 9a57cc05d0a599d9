import type { CreateMultipartUploadCommandOutput } from '@aws-sdk/client-s3';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { PieceworkError } from '../../errors/error.ts';
import { combineParts, crc32Base64 } from '../../integrity/crc32.ts';
import type { S3Locator } from '../../s3/client.ts';
import type { Call } from '../../values/call.ts';
import type { ObjectSpec, OpenUpload, Proof, Stored } from '../destination.ts';
import { encryptionKept, givenName, isCode, notOfS3 } from './answers.ts';
import { describePlace } from './errors.ts';
import { checkedBy, orWithout, sends } from './learned/without-extras.ts';
import { objectParameters } from './metadata.ts';
import type { Upload } from './parts.ts';
import { listParts } from './parts.ts';
import type { Session } from './session.ts';
import { checksumAsked } from './stores.ts';

export async function createUpload(
  session: Session,
  object: ObjectSpec,
  target: S3Locator,
  call: Call,
): Promise<string> {
  const answer = await create(session, object, target, call);
  const id = givenName(answer.UploadId, 'UploadId', 'CreateMultipartUpload', target);
  if (!encryptionKept(object, answer)) {
    await abortUpload(session, { target, id }, call);
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(target)}: the store ignores the encryption that was asked for; nothing was stored`,
    );
  }
  session.checksumTypes.set(id, answer.ChecksumType ?? 'unknown');
  if (session.store.mayLackExtras) session.learned.begin(id);
  return id;
}

/** Sends the Create of an upload. */
export function create(
  session: Session,
  object: ObjectSpec,
  target: S3Locator,
  call: Call,
): Promise<CreateMultipartUploadCommandOutput> {
  return orWithout(session, target, 'checksums', (withChecksums) => {
    const command = new CreateMultipartUploadCommand({
      Bucket: target.bucket,
      Key: target.key,
      ...(withChecksums ? checksumAsked(session.store) : {}),
      ...objectParameters(object),
    });
    return session.perform('CreateMultipartUpload', target, call, ({ once }, options) => once.send(command, options));
  });
}

export async function completeUpload(session: Session, upload: Upload, proof: Proof, call: Call): Promise<Stored> {
  const { target, id } = upload;
  checkProof(upload, proof);
  const whole = (await takesWholeChecksum(session, upload, call))
    ? ({ ChecksumCRC32: crc32Base64(proof.crc32), ChecksumType: 'FULL_OBJECT' } as const)
    : {};
  // What a lost answer means is the caller's to find out, by asking for the token. A refusal is none.
  const answer = await orWithout(session, target, 'proofAtCompletion', (withProof) => {
    const withChecksums = sends(session, target, 'checksums') && (withProof || session.learned.saysChecksums(target));
    const command = new CompleteMultipartUploadCommand({
      Bucket: target.bucket,
      Key: target.key,
      UploadId: id,
      MultipartUpload: {
        // Their checksums once more: a store that knows the algorithm asks for them here.
        Parts: proof.parts.map((part) => ({
          PartNumber: part.number,
          ...(withChecksums ? { ChecksumCRC32: crc32Base64(part.crc32) } : {}),
          ...(part.etag === undefined ? {} : { ETag: part.etag }),
        })),
      },
      ...(withProof ? { MpuObjectSize: proof.sizeBytes } : {}),
      ...(withChecksums ? whole : {}),
      ...(proof.condition === 'absent' ? { IfNoneMatch: '*' } : {}),
    });
    return session.perform('CompleteMultipartUpload', target, call, ({ once }, options) => once.send(command, options));
  });
  const etag = givenName(answer.ETag, 'ETag', 'CompleteMultipartUpload', target);
  session.checksumTypes.delete(id);
  session.learned.end(id);
  return {
    sizeBytes: proof.sizeBytes,
    etag,
    ...checkedBy(session, target),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
  };
}

/** Not every store compares: MinIO takes any size, and with COMPOSITE checksums no store knows the whole one. */
function checkProof({ target }: Upload, proof: Proof): void {
  const sizeBytes = proof.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes !== proof.sizeBytes) {
    throw new PieceworkError(
      'DestinationRefused',
      `${describePlace(target)}: the parts have ${sizeBytes} bytes, the object ${proof.sizeBytes}; it was not completed`,
    );
  }
  if (combineParts(proof.parts) !== proof.crc32) {
    throw new PieceworkError(
      'ChecksumMismatch',
      `${describePlace(target)}: the parts' checksums do not make the object's; it was not completed`,
    );
  }
}

/**
 * Whether the upload is of the kind whose whole checksum is compared. Not what was asked for at Create but what the
 * store said: some answer it with COMPOSITE or with nothing, and then refuse the checksum as wrong. In another process
 * than the one that created the upload, the ledger knows.
 */
async function takesWholeChecksum(session: Session, upload: Upload, call: Call): Promise<boolean> {
  if (!session.checksumTypes.has(upload.id)) await listParts(session, upload, 0, call, 1);
  return session.checksumTypes.get(upload.id) === 'FULL_OBJECT';
}

export async function abortUpload(session: Session, upload: Upload, call: Call): Promise<void> {
  const { target, id } = upload;
  const command = new AbortMultipartUploadCommand({ Bucket: target.bucket, Key: target.key, UploadId: id });
  try {
    await session.perform('AbortMultipartUpload', target, call, ({ steady }, options) => steady.send(command, options));
  } catch (error) {
    if (!isCode(error, 'UploadLost')) throw error;
  }
  session.checksumTypes.delete(id);
  session.learned.end(id);
}

/** No key has as many open uploads. */
const MOST_PAGES = 100;
/**
 * With the longest keys, a page of the usual 1,000 would be larger than what is read of an answer
 * (`bounded-handler.ts`).
 */
const PAGE = 200;

/** Of exactly this key. A prefix finds longer keys too, and sorts them behind it. */
export async function listUploads(session: Session, target: S3Locator, call: Call): Promise<readonly OpenUpload[]> {
  const found: OpenUpload[] = [];
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const command = new ListMultipartUploadsCommand({
      Bucket: target.bucket,
      Prefix: target.key,
      MaxUploads: PAGE,
      ...marker,
    });
    const answer = await session.perform('ListMultipartUploads', target, call, ({ steady }, options) =>
      steady.send(command, options),
    );
    const uploads = answer.Uploads ?? [];
    for (const { Key, UploadId, Initiated } of uploads) {
      if (Key !== target.key || UploadId === undefined) continue;
      found.push({
        id: givenName(UploadId, 'UploadId', 'ListMultipartUploads', target),
        ...(Initiated === undefined ? {} : { initiatedAt: Initiated.toISOString() }),
      });
    }
    const { NextKeyMarker, NextUploadIdMarker } = answer;
    // Past our key nothing of ours follows. (So a second page is needed only for more uploads of one key than a page
    // has.)
    const more = answer.IsTruncated === true && NextKeyMarker === target.key && NextUploadIdMarker !== undefined;
    if (!more) return found;
    if (NextUploadIdMarker === marker.UploadIdMarker) break;
    marker = { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker };
  }
  throw notOfS3('ListMultipartUploads', target, 'a list without end');
}
