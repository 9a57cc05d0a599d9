import { HeadObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import type { ErrorCode } from '../../../errors/codes.ts';
import { PieceworkError } from '../../../errors/error.ts';
import { serviceFailure } from '../../../errors/foreign.ts';
import { toRangeHeader } from '../../../http/grammar/range-fields.ts';
import { crc32Hex, parseCrc32Base64 } from '../../../integrity/crc32.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { CopySource } from '../../../transfer/locators.ts';
import type { Part } from '../../../transfer/plan/ledger.ts';
import type { Snapshot } from '../../../transfer/snapshot.ts';
import type { Call } from '../../../values/call.ts';
import type { PartSpec } from '../../destination.ts';
import { givenName, isCode } from '../answers.ts';
import { describePlace } from '../errors.ts';
import type { Upload } from '../parts.ts';
import type { Session } from '../session.ts';
import { copySource } from './copy-source.ts';

/*
 * Server-side copy: UploadPartCopy of a range, the version of the source pinned by its ETag (and version id where one
 * was given). https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */

/** What says nothing of the rights. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'DestinationUnreachable',
  'DestinationServerError',
  'DestinationBusy',
  'DestinationTls',
  'DestinationClosed',
]);

/**
 * The credentials that sign the copy are the destination's, so both ends must lie behind one endpoint. AWS is one,
 * whatever the region.
 */
export function reaches(from: CopySource, to: S3Locator): boolean {
  return storeName(from.endpoint) === storeName(to.endpoint);
}

function storeName(endpoint: string | undefined): string {
  const url = endpoint === undefined ? null : URL.parse(endpoint);
  return url === null || url.hostname.endsWith('.amazonaws.com') ? 'aws' : url.origin + url.pathname.replace(/\/$/, '');
}

/**
 * A HEAD with the destination's own credentials. With the checksum, which needs the right to decrypt as the copy does.
 * Says why the copy would be refused, as far as that shows without writing.
 */
export async function copyRefusal(
  session: Session,
  from: CopySource,
  snapshot: Snapshot,
  call: Call,
): Promise<string | undefined> {
  const etag = pinnedEtag(snapshot);
  if (etag === undefined) return 'the source has no ETag to hold its version by';
  try {
    const isThere = await isThatVersion(session, placeOf(from), from, etag, call);
    return isThere ? undefined : "the destination's credentials see another version of the source";
  } catch (error) {
    if (!(error instanceof PieceworkError) || PASSING.has(error.code)) throw error;
    return `the destination's credentials can't read the source: ${error.message}`;
  }
}

/** By its ETag too, since not every store holds the condition. */
async function isThatVersion(
  session: Session,
  place: S3Locator,
  from: CopySource,
  etag: string,
  call: Call,
  given: 'region' | 'region of its own' = 'region',
): Promise<boolean> {
  const command = new HeadObjectCommand({
    Bucket: from.bucket,
    Key: from.key,
    IfMatch: etag,
    ChecksumMode: 'ENABLED',
    ...(from.versionId === undefined ? {} : { VersionId: from.versionId }),
  });
  try {
    const answer = await session.perform('HeadObject', place, call, ({ steady }, options) =>
      steady.send(command, options),
    );
    return answer.ETag === etag;
  } catch (error) {
    if (isCode(error, 'SourceChanged')) return false;
    const region = isCode(error, 'DestinationWrongRegion') ? error.details.region : undefined;
    // The region that was given is the destination's. A copy may cross regions, a HEAD may not.
    if (region === undefined || given === 'region of its own') throw error;
    return await isThatVersion(session, { ...place, region }, from, etag, call, 'region of its own');
  }
}

export async function copyPart(
  session: Session,
  upload: Upload,
  part: PartSpec,
  from: CopySource,
  snapshot: Snapshot,
  call: Call,
): Promise<Part> {
  const { target, id } = upload;
  const etag = pinnedEtag(snapshot);
  if (etag === undefined) throw refused(target, 'the source has no ETag to hold its version by');
  const isWhole = part.sizeBytes === snapshot.sizeBytes;
  const command = new UploadPartCopyCommand({
    Bucket: target.bucket,
    Key: target.key,
    UploadId: id,
    PartNumber: part.number,
    ...copySource(from, etag),
    // A range of an object up to 5 MB is refused, the whole of it is not.
    ...(isWhole ? {} : { CopySourceRange: toRangeHeader({ start: part.offset, end: part.offset + part.sizeBytes }) }),
  });
  try {
    const { CopyPartResult: made } = await session.perform('UploadPartCopy', target, call, ({ steady }, options) =>
      steady.send(command, options),
    );
    const crc32 = made?.ChecksumCRC32 === undefined ? undefined : parseCrc32Base64(made.ChecksumCRC32);
    if (crc32 === undefined) throw refused(target, 'the store says no checksum of what it copied');
    // versitygw 1.8 says the checksum of the whole for each part of it.
    if (!isWhole && crc32Hex(crc32) === snapshot.digests.crc32)
      throw refused(target, 'the store says the checksum of the whole source for a part of it');
    const madeEtag = givenName(made?.ETag, 'ETag', 'UploadPartCopy', target);
    return { number: part.number, sizeBytes: part.sizeBytes, crc32, etag: madeEtag };
  } catch (error) {
    throw copyError(error, from, target);
  }
}

function copyError(error: unknown, from: CopySource, target: S3Locator): unknown {
  if (!(error instanceof PieceworkError)) return error;
  const source = describePlace(from);
  const because = { cause: error, details: { target: source } };
  switch (error.code) {
    case 'SourceChanged':
      return new PieceworkError('SourceChanged', `${source}: the version that was planned is no longer there`, because);
    case 'DestinationDenied':
    case 'DestinationUnsupported':
    case 'DestinationRefused':
    case 'DestinationMissing':
    case 'DestinationWrongRegion': {
      const { name } = serviceFailure(error.cause);
      if (name === 'NoSuchKey' || name === 'NoSuchVersion')
        return new PieceworkError('SourceNotFound', `${source}: there is no such object any more`, because);
      return refused(target, error.message, error);
    }
    case 'UploadLost':
      return serviceFailure(error.cause).name === 'NoSuchKey'
        ? new PieceworkError('SourceNotFound', `${source}: there is no such object any more`, because)
        : error;
    default:
      return error;
  }
}

function refused(target: S3Locator, because: string, cause?: unknown): PieceworkError {
  return new PieceworkError(
    'ServerSideCopyRefused',
    `${describePlace(target)}: the store does not copy the source by itself: ${because}`,
    { cause },
  );
}

function pinnedEtag({ validator }: Snapshot): string | undefined {
  return validator.kind === 'strong' ? validator.etag : undefined;
}

function placeOf({ versionId: _, ...place }: CopySource): S3Locator {
  return { ...place, kind: 's3' };
}
