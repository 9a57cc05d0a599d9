import type { ListPartsCommandOutput } from '@aws-sdk/client-s3';
import { ListPartsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../errors/error.ts';
import { parseCrc32Base64 } from '../../integrity/crc32.ts';
import type { S3Locator } from '../../s3/client.ts';
import type { Part } from '../../transfer/plan/ledger.ts';
import type { Body } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { PartPage, PartSpec } from '../destination.ts';
import { givenName, isCode, notOfS3, wasCutOff } from './answers.ts';
import type { Taken } from './bodies/object-headers.ts';
import { takenBy } from './bodies/object-headers.ts';
import { sendBody } from './bodies/send-body.ts';
import { describePlace } from './errors.ts';
import { knownParts, listsNone, withKnownChecksum } from './learned/parts-known.ts';
import type { Session } from './session.ts';

/** One multipart upload of one key. */
export interface Upload {
  readonly target: S3Locator;
  readonly id: string;
}

export async function uploadPart(
  session: Session,
  upload: Upload,
  part: PartSpec,
  body: Body,
  call: Call,
): Promise<Part> {
  try {
    return await sendPart(session, upload, part, body, call);
  } catch (error) {
    // A store that refuses a part early closes the connection in the middle of the body, and its answer is lost.
    if (wasCutOff(error) && (await isGone(session, upload, call))) {
      throw lost(upload, error);
    }
    throw error;
  }
}

function lost({ target }: Upload, cause: unknown): PieceworkError {
  const message = `${describePlace(target)}: the multipart upload is no longer there: it was completed or aborted`;
  return new PieceworkError('UploadLost', message, { cause });
}

async function isGone(session: Session, upload: Upload, call: Call): Promise<boolean> {
  try {
    return (await listParts(session, upload, 0, call, 1)) === 'gone';
  } catch {
    // It was only asked to say the first error better.
    return false;
  }
}

async function sendPart(session: Session, upload: Upload, part: PartSpec, body: Body, call: Call): Promise<Part> {
  const { target } = upload;
  const { answer, crc32, isProved } = await sendBody<Taken>(
    session,
    {
      operation: 'UploadPart',
      target,
      sizeBytes: part.sizeBytes,
      repeatable: true,
      query: { uploadId: upload.id, partNumber: String(part.number) },
      read: takenBy,
      send(client, stream, dress, options) {
        const command = new UploadPartCommand({
          Bucket: target.bucket,
          Key: target.key,
          UploadId: upload.id,
          PartNumber: part.number,
          Body: stream,
          ContentLength: part.sizeBytes,
        });
        dress(command);
        return client.send(command, options);
      },
    },
    body,
    call,
  );
  const etag = givenName(answer.ETag, 'ETag', 'UploadPart', target);
  const sent = { number: part.number, sizeBytes: part.sizeBytes, crc32, etag };
  if (isProved && session.store.mayLackExtras) session.learned.keep(upload.id, sent);
  return sent;
}

/** The most that S3 gives at once. */
const PAGE = 1000;

export async function listParts(
  session: Session,
  upload: Upload,
  after: number,
  call: Call,
  count = PAGE,
): Promise<PartPage | 'gone'> {
  const { learned } = session;
  if (learned.lacks(upload.target, 'lists')) return knownParts(session, upload, after);
  let answer: ListPartsCommandOutput;
  try {
    answer = await list(session, upload, after, count, call);
  } catch (error) {
    if (isCode(error, 'UploadLost')) return 'gone';
    if (!listsNone(session, error)) throw error;
    learned.noteLack(upload.target, 'lists');
    return knownParts(session, upload, after);
  }
  if (answer.ChecksumType !== undefined) session.checksumTypes.set(upload.id, answer.ChecksumType);
  const { maxPieces } = session.store.limits;
  const parts = (answer.Parts ?? [])
    .map((listed) => withKnownChecksum(session, upload, toPart(listed, upload)))
    // Others can't be, and would let a list go on for ever.
    .filter(({ number }) => Number.isInteger(number) && number > after && number <= maxPieces);
  // By IsTruncated and the numbers seen: some stores send a marker with the last page too, which would go on for ever.
  if (answer.IsTruncated !== true) return { parts };
  if (parts.length === 0)
    throw notOfS3('ListParts', upload.target, `a page after part ${after} has none of them, and is not the last`);
  return { parts, next: Math.max(...parts.map(({ number }) => number)) };
}

function list(
  session: Session,
  upload: Upload,
  after: number,
  count: number,
  call: Call,
): Promise<ListPartsCommandOutput> {
  const { target, id } = upload;
  const command = new ListPartsCommand({
    Bucket: target.bucket,
    Key: target.key,
    UploadId: id,
    MaxParts: count,
    ...(after > 0 ? { PartNumberMarker: String(after) } : {}),
  });
  return session.perform('ListParts', target, call, ({ steady }, options) => steady.send(command, options));
}

function toPart(listed: NonNullable<ListPartsCommandOutput['Parts']>[number], { target }: Upload): Part {
  const crc32 = listed.ChecksumCRC32 === undefined ? undefined : parseCrc32Base64(listed.ChecksumCRC32);
  return {
    number: listed.PartNumber ?? 0,
    // A part without a size is none that counts.
    sizeBytes: listed.Size ?? -1,
    ...(listed.ETag === undefined ? {} : { etag: givenName(listed.ETag, 'ETag', 'ListParts', target) }),
    ...(crc32 === undefined ? {} : { crc32 }),
    ...(listed.LastModified === undefined ? {} : { modifiedAt: listed.LastModified.toISOString() }),
  };
}
