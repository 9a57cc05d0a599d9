import { base64, receive } from './body.ts';
import { readAll } from './bytes.ts';
import type { Fields, S3Answer, S3Request } from './http.ts';
import { header, S3Error, xml } from './http.ts';
import type { State, StoredPart } from './state.ts';
import { page } from './state.ts';
import { checksumHeaders, encryptionHeader, gone, uploadOf } from './uploads.ts';

const GIB = 1024 ** 3;

function partNumber(request: S3Request): number {
  const number = Number(request.query.get('partNumber'));
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number;
  throw new S3Error(400, 'InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
}

/** @param landing resolves when the part takes effect: after its body, and for a late one whenever the test says. */
export async function uploadPart(state: State, request: S3Request, landing: () => Promise<void>): Promise<S3Answer> {
  const upload = uploadOf(state, request);
  if (upload.state !== 'open') throw gone();
  const number = partNumber(request);
  const { checksummed, ...blob } = await receive(request, state.bytes, state.options.maxPartBytes ?? 5 * GIB);
  if (upload.algorithm !== undefined && !checksummed) {
    throw new S3Error(
      400,
      'InvalidRequest',
      'Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: null',
    );
  }
  await landing();
  // No matter whether it was aborted meanwhile:
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
  if (uploadOf(state, request).state === 'completed') throw gone();
  const part: StoredPart = {
    number,
    blob,
    etag: blob.md5,
    modifiedAt: new Date(),
    checksum: upload.algorithm !== undefined,
  };
  upload.parts.set(number, part);
  return {
    headers: {
      etag: `"${part.etag}"`,
      ...(part.checksum ? { 'x-amz-checksum-crc32': base64(blob.crc32) } : {}),
      ...encryptionHeader(upload.headers),
    },
  };
}

export async function uploadPartCopy(
  state: State,
  request: S3Request,
  source: { blobs: StoredPart['blob'][]; sizeBytes: number },
  landing: () => Promise<void>,
): Promise<S3Answer> {
  const upload = uploadOf(state, request);
  if (upload.state !== 'open') throw gone();
  const number = partNumber(request);
  const range = /^bytes=(\d+)-(\d+)$/.exec(header(request, 'x-amz-copy-source-range') ?? '');
  const start = range === null ? 0 : Number(range[1]);
  const end = range === null ? source.sizeBytes : Number(range[2]) + 1;
  if (range !== null && (end > source.sizeBytes || start >= end))
    throw new S3Error(
      400,
      'InvalidArgument',
      `Range specified is not valid for source object of size: ${source.sizeBytes}`,
    );
  if (end - start > (state.options.maxPartBytes ?? 5 * GIB))
    throw new S3Error(
      400,
      'InvalidRequest',
      'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
    );
  const sink = state.bytes.sink();
  for await (const chunk of readAll(source.blobs, start, end)) await sink.write(Buffer.from(chunk));
  const blob = await sink.end();
  await landing();
  const part: StoredPart = {
    number,
    blob,
    etag: blob.md5,
    modifiedAt: new Date(),
    checksum: upload.algorithm !== undefined,
  };
  upload.parts.set(number, part);
  const fields: Fields = [
    ['LastModified', part.modifiedAt.toISOString()],
    ['ETag', `"${part.etag}"`],
    ['ChecksumCRC32', part.checksum ? base64(blob.crc32) : undefined],
  ];
  return { xml: xml('CopyPartResult', fields) };
}

export async function listParts(state: State, request: S3Request): Promise<S3Answer> {
  const upload = uploadOf(state, request);
  if (upload.state === 'completed' || (upload.state === 'aborted' && upload.parts.size === 0)) throw gone();
  const after = Number(request.query.get('part-number-marker') ?? 0);
  const sorted = [...upload.parts.values()].filter(({ number }) => number > after).sort((a, b) => a.number - b.number);
  const { rows, truncated, max } = page(state, request, sorted, 'max-parts');
  const fields: Fields = [
    ['Bucket', upload.bucket],
    ['Key', upload.key],
    ['UploadId', upload.id],
    ['StorageClass', 'STANDARD'],
    ['PartNumberMarker', after],
    // AWS sends it with the last page too: who loops on it never ends.
    ['NextPartNumberMarker', rows.at(-1)?.number ?? 0],
    ['MaxParts', max],
    ['IsTruncated', String(truncated)],
    ['ChecksumAlgorithm', upload.algorithm],
    ['ChecksumType', upload.type],
    ...rows.map(
      ({ number, blob, etag, modifiedAt, checksum }) =>
        [
          'Part',
          [
            ['PartNumber', number],
            ['LastModified', modifiedAt.toISOString()],
            ['ETag', `"${etag}"`],
            ['Size', blob.sizeBytes],
            ['ChecksumCRC32', checksum ? base64(blob.crc32) : undefined],
          ],
        ] as const,
    ),
  ];
  return { headers: checksumHeaders(upload), xml: xml('ListPartsResult', fields) };
}
