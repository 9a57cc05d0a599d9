import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { base64, crcOf, receive } from './s3-double-body.ts';
import { readAll } from './s3-double-bytes.ts';
import type { Fields, S3Answer, S3Request } from './s3-double-http.ts';
import { header, S3Error, xml } from './s3-double-http.ts';
import type { State, StoredPart, StoredUpload } from './s3-double-state.ts';
import { bucketOf, checkWriteConditions, keptHeaders, page } from './s3-double-state.ts';

const GIB = 1024 ** 3;

function gone(): S3Error {
  return new S3Error(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
}

function uploadOf(state: State, request: S3Request): StoredUpload {
  bucketOf(state, request.bucket);
  const upload = state.uploads.get(request.query.get('uploadId') ?? '');
  if (upload === undefined || upload.bucket !== request.bucket || upload.key !== request.key) throw gone();
  return upload;
}

export async function createMultipartUpload(state: State, request: S3Request): Promise<S3Answer> {
  bucketOf(state, request.bucket);
  const algorithm = header(request, 'x-amz-checksum-algorithm');
  const asked = header(request, 'x-amz-checksum-type');
  if (algorithm !== undefined && algorithm !== 'CRC32')
    throw new S3Error(501, 'NotImplemented', 'This double knows CRC32 only');
  if (asked !== undefined && algorithm === undefined)
    throw new S3Error(
      400,
      'InvalidRequest',
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  const kind = state.options.checksums ?? 'FULL_OBJECT';
  const declared = algorithm !== undefined && kind !== 'none';
  const upload: StoredUpload = {
    id: state.nextId(),
    bucket: request.bucket,
    key: request.key,
    initiatedAt: new Date(),
    headers: keptHeaders(state, request),
    ...(declared
      ? { algorithm: 'CRC32', type: kind === 'FULL_OBJECT' && asked === 'FULL_OBJECT' ? 'FULL_OBJECT' : 'COMPOSITE' }
      : {}),
    parts: new Map(),
    state: 'open',
  };
  state.uploads.set(upload.id, upload);
  return {
    headers: { ...checksumHeaders(upload), ...encryptionHeader(upload.headers) },
    xml: xml('InitiateMultipartUploadResult', [
      ['Bucket', upload.bucket],
      ['Key', upload.key],
      ['UploadId', upload.id],
    ]),
  };
}

function checksumHeaders(upload: StoredUpload): Record<string, string> {
  return upload.type === undefined ? {} : { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': upload.type };
}

export function encryptionHeader(headers: Readonly<Record<string, string>>): Record<string, string> {
  const value = headers['x-amz-server-side-encryption'];
  return value === undefined ? {} : { 'x-amz-server-side-encryption': value };
}

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

export async function abortMultipartUpload(state: State, request: S3Request): Promise<S3Answer> {
  const upload = uploadOf(state, request);
  if (upload.state === 'completed' || (upload.state === 'aborted' && upload.parts.size === 0)) throw gone();
  upload.state = 'aborted';
  upload.parts.clear();
  return { status: 204 };
}

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

export async function listMultipartUploads(state: State, request: S3Request): Promise<S3Answer> {
  bucketOf(state, request.bucket);
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
  const after = ({ key, id }: StoredUpload) =>
    keyMarker === '' || key > keyMarker || (key === keyMarker && idMarker !== '' && id > idMarker);
  const open = [...state.uploads.values()]
    .filter(
      (upload) =>
        upload.bucket === request.bucket && upload.state === 'open' && upload.key.startsWith(prefix) && after(upload),
    )
    .sort((a, b) => (a.key < b.key || (a.key === b.key && a.id < b.id) ? -1 : 1));
  const { rows, truncated, max } = page(state, request, open, 'max-uploads');
  const last = truncated ? rows.at(-1) : undefined;
  const fields: Fields = [
    ['Bucket', request.bucket],
    ['Prefix', prefix],
    ['KeyMarker', keyMarker],
    ['UploadIdMarker', idMarker],
    ['NextKeyMarker', last?.key],
    ['NextUploadIdMarker', last?.id],
    ['MaxUploads', max],
    ['IsTruncated', String(truncated)],
    ...rows.map(
      ({ key, id, initiatedAt }) =>
        [
          'Upload',
          [
            ['Key', key],
            ['UploadId', id],
            ['Initiated', initiatedAt.toISOString()],
            ['StorageClass', 'STANDARD'],
          ],
        ] as const,
    ),
  ];
  return { xml: xml('ListMultipartUploadsResult', fields) };
}
