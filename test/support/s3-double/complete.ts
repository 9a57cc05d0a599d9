import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { base64, crcOf } from './body.ts';
import { readAll } from './bytes.ts';
import type { S3Answer, S3Request } from './http.ts';
import { header, S3Error, xml } from './http.ts';
import type { State, StoredPart, StoredUpload } from './state.ts';
import { bucketOf, checkWriteConditions } from './state.ts';
import { gone, uploadOf } from './uploads.ts';

export async function completeMultipartUpload(state: State, request: S3Request): Promise<S3Answer> {
  const upload = uploadOf(state, request);
  const body = await text(request.message);
  if (upload.state === 'completed' && upload.answer !== undefined && state.options.completeAgain !== 'NoSuchUpload')
    return { xml: upload.answer };
  if (upload.state !== 'open') throw gone();
  const parts = listedParts(state, upload, body);
  checkWriteConditions(state, request);
  const blobs = parts.map(({ blob }) => blob);
  const sizeBytes = blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0);
  const expected = header(request, 'x-amz-mp-object-size');
  if (expected !== undefined && Number(expected) !== sizeBytes)
    throw new S3Error(
      400,
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${sizeBytes}`,
    );
  const checksum = await wholeChecksum(upload, parts);
  const given = header(request, 'x-amz-checksum-crc32');
  const type = header(request, 'x-amz-checksum-type');
  // Declared at Create, or "accepted but not validated":
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
  if (upload.type !== undefined) {
    if (type !== undefined && type !== upload.type)
      throw new S3Error(
        400,
        'InvalidRequest',
        `The upload was created using the ${upload.type} checksum mode. The complete request must use the same checksum mode.`,
      );
    if (given !== undefined && given !== checksum)
      throw new S3Error(400, 'BadDigest', 'The crc32 you specified did not match the calculated checksum.');
  }
  const md5 = createHash('md5');
  for (const { blob } of parts) md5.update(blob.md5, 'hex');
  const etag = `${md5.digest('hex')}-${parts.length}`;
  bucketOf(state, upload.bucket).set(upload.key, {
    blobs,
    sizeBytes,
    etag,
    modifiedAt: new Date(),
    headers: upload.headers,
    ...(checksum === undefined || upload.type === undefined ? {} : { checksum, checksumType: upload.type }),
  });
  upload.state = 'completed';
  upload.answer = xml('CompleteMultipartUploadResult', [
    ['Bucket', upload.bucket],
    ['Key', upload.key],
    ['ETag', `"${etag}"`],
    ['ChecksumCRC32', checksum],
    ['ChecksumType', upload.type],
  ]);
  return { xml: upload.answer };
}

async function wholeChecksum(upload: StoredUpload, parts: readonly StoredPart[]): Promise<string | undefined> {
  if (upload.type === undefined) return undefined;
  const blobs = parts.map(({ blob }) => blob);
  // Over the bytes, not combined: this side must not make the same mistake as the other.
  if (upload.type === 'FULL_OBJECT') return base64(await crcOf(readAll(blobs, 0, Number.MAX_SAFE_INTEGER)));
  const all = Buffer.concat(blobs.map((blob) => Buffer.from(base64(blob.crc32), 'base64')));
  return `${base64(
    await crcOf(
      (async function* () {
        yield all;
      })(),
    ),
  )}-${parts.length}`;
}

/** The list of a Complete, held against what was uploaded. */
function listedParts(state: State, upload: StoredUpload, body: string): StoredPart[] {
  const field = (part: string, name: string) =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(part)?.[1]?.replaceAll('&quot;', '').replaceAll('"', '');
  const listed = [...body.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(field(part, 'PartNumber')),
    etag: field(part, 'ETag'),
    crc32: field(part, 'ChecksumCRC32'),
  }));
  if (listed.length === 0)
    throw new S3Error(
      400,
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  if (listed.some(({ number }, index) => index > 0 && number <= (listed[index - 1]?.number ?? 0)))
    throw new S3Error(
      400,
      'InvalidPartOrder',
      'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
    );
  const parts = listed.map(({ number, etag, crc32 }) => {
    const part = upload.parts.get(number);
    const wrong =
      part === undefined ||
      part.etag !== etag ||
      (crc32 !== undefined && part.checksum && crc32 !== base64(part.blob.crc32));
    if (wrong)
      throw new S3Error(
        400,
        'InvalidPart',
        'One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match.',
      );
    return part;
  });
  if (upload.algorithm !== undefined) {
    const bare = listed.find(({ crc32 }) => crc32 === undefined);
    if (bare !== undefined)
      throw new S3Error(
        400,
        'InvalidRequest',
        `The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part ${bare.number} in the request.`,
      );
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuchecksums
    if (listed.some(({ number }, index) => number !== index + 1))
      throw new S3Error(400, 'InvalidPartOrder', 'Part numbers must be consecutive and start at 1');
  }
  const small = parts.slice(0, -1).find(({ blob }) => blob.sizeBytes < (state.options.minPartBytes ?? 5 * 1024 ** 2));
  if (small !== undefined)
    throw new S3Error(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      extra: { PartNumber: String(small.number) },
    });
  return parts;
}
