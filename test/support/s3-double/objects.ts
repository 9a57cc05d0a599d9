import { base64, receive } from './body.ts';
import { readAll } from './bytes.ts';
import type { Fields, S3Answer, S3Request } from './http.ts';
import { header, S3Error, xml } from './http.ts';
import type { State, StoredObject } from './state.ts';
import { bucketOf, checkWriteConditions, failed, keptHeaders, page } from './state.ts';
import { encryptionHeader } from './uploads.ts';

const GIB = 1024 ** 3;

export async function putObject(state: State, request: S3Request): Promise<S3Answer> {
  const bucket = bucketOf(state, request.bucket);
  const { checksummed, ...blob } = await receive(request, state.bytes, 5 * GIB);
  // Where it takes effect, not before the body: the others may have been faster.
  checkWriteConditions(state, request);
  const headers = keptHeaders(state, request);
  const checksum =
    checksummed && state.options.checksums !== 'none'
      ? { checksum: base64(blob.crc32), checksumType: 'FULL_OBJECT' as const }
      : {};
  const version = state.options.versions === true ? { versionId: state.nextId() } : {};
  const object: StoredObject = {
    blobs: [blob],
    sizeBytes: blob.sizeBytes,
    etag: blob.md5,
    modifiedAt: new Date(),
    headers,
    ...checksum,
    ...version,
  };
  bucket.set(request.key, object);
  if (object.versionId !== undefined)
    state.versions.set(`${request.bucket}/${request.key}?${object.versionId}`, object);
  return {
    headers: {
      etag: `"${blob.md5}"`,
      ...('checksum' in checksum ? { 'x-amz-checksum-crc32': checksum.checksum } : {}),
      ...versionHeader(object),
      ...encryptionHeader(headers),
    },
  };
}

function versionHeader({ versionId }: StoredObject): Record<string, string> {
  return versionId === undefined ? {} : { 'x-amz-version-id': versionId };
}

function versionOf(state: State, { bucket, key, query }: Pick<S3Request, 'bucket' | 'key' | 'query'>): StoredObject {
  const versionId = query.get('versionId');
  if (versionId === null) return objectOf(state, bucket, key);
  const object = state.versions.get(`${bucket}/${key}?${versionId}`);
  if (object === undefined)
    throw new S3Error(404, 'NoSuchVersion', 'The specified version does not exist.', { extra: { Key: key } });
  return object;
}

function objectOf(state: State, bucket: string, key: string): StoredObject {
  const object = bucketOf(state, bucket).get(key);
  if (object === undefined)
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { extra: { Key: key } });
  return object;
}

export async function getObject(state: State, request: S3Request): Promise<S3Answer> {
  const object = versionOf(state, request);
  const { sizeBytes } = object;
  checkReadConditions(request, object);
  const range = rangeOf(header(request, 'range'), sizeBytes);
  const [start, end] = range ?? [0, sizeBytes];
  const showsChecksum =
    header(request, 'x-amz-checksum-mode') === 'ENABLED' && range === undefined && object.checksum !== undefined;
  const { 'x-amz-tagging': _tags, 'x-amz-acl': _acl, ...shown } = object.headers;
  const headers = {
    'content-type': 'binary/octet-stream',
    ...shown,
    etag: `"${object.etag}"`,
    'last-modified': object.modifiedAt.toUTCString(),
    ...versionHeader(object),
    'accept-ranges': 'bytes',
    'content-length': String(end - start),
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${sizeBytes}` }),
    ...(showsChecksum
      ? { 'x-amz-checksum-crc32': object.checksum ?? '', 'x-amz-checksum-type': object.checksumType ?? '' }
      : {}),
  };
  const status = range === undefined ? 200 : 206;
  return request.method === 'HEAD' ? { status, headers } : { status, headers, body: readAll(object.blobs, start, end) };
}

function checkReadConditions(request: S3Request, object: StoredObject): void {
  const ifMatch = header(request, 'if-match');
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch.replaceAll('"', '') !== object.etag) throw failed('If-Match');
  const ifNoneMatch = header(request, 'if-none-match');
  if (ifNoneMatch !== undefined && (ifNoneMatch === '*' || ifNoneMatch.replaceAll('"', '') === object.etag))
    throw new S3Error(304, 'NotModified');
}

/** Half-open; `undefined` = the whole. A range that is no range is overlooked, as RFC 9110 says. */
function rangeOf(text: string | undefined, sizeBytes: number): [number, number] | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [, first = '', last = ''] = match;
  const start = first === '' ? Math.max(sizeBytes - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (start >= sizeBytes || (first === '' && Number(last) === 0))
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
      extra: { ActualObjectSize: String(sizeBytes) },
    });
  return end > start ? [start, end] : undefined;
}

/** The source of a copy, with the conditions on it. */
export function copySource(state: State, request: S3Request): StoredObject {
  const [coded = '', query] = (header(request, 'x-amz-copy-source') ?? '').replace(/^\//, '').split('?');
  const path = decodeURIComponent(coded);
  const slash = path.indexOf('/');
  const [bucket, key] = [path.slice(0, slash), path.slice(slash + 1)];
  const object = versionOf(state, { bucket, key, query: new URLSearchParams(query) });
  const ifMatch = header(request, 'x-amz-copy-source-if-match');
  const isOverlooked = state.options.conditions === 'ignored';
  if (ifMatch !== undefined && ifMatch.replaceAll('"', '') !== object.etag && !isOverlooked)
    throw failed('x-amz-copy-source-If-Match');
  return object;
}

export async function copyObject(state: State, request: S3Request): Promise<S3Answer> {
  const bucket = bucketOf(state, request.bucket);
  const source = copySource(state, request);
  if (source.sizeBytes > 5 * GIB)
    throw new S3Error(
      400,
      'InvalidRequest',
      'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
    );
  checkWriteConditions(state, request);
  const headers =
    header(request, 'x-amz-metadata-directive') === 'REPLACE' ? keptHeaders(state, request) : source.headers;
  const object: StoredObject = { ...source, headers, modifiedAt: new Date() };
  bucket.set(request.key, object);
  return {
    headers: encryptionHeader(headers),
    xml: xml('CopyObjectResult', [
      ['LastModified', object.modifiedAt.toISOString()],
      ['ETag', `"${object.etag}"`],
      ['ChecksumCRC32', object.checksum],
    ]),
  };
}

export async function deleteObject(state: State, request: S3Request): Promise<S3Answer> {
  bucketOf(state, request.bucket).delete(request.key);
  return { status: 204 };
}

export async function listObjectsV2(state: State, request: S3Request): Promise<S3Answer> {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString();
  const found = [...bucketOf(state, request.bucket)]
    .filter(([key]) => key.startsWith(prefix) && (after === '' || key > after))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const { rows, truncated, max } = page(state, request, found, 'max-keys');
  const last = truncated ? rows.at(-1)?.[0] : undefined;
  const fields: Fields = [
    ['Name', request.bucket],
    ['Prefix', prefix],
    ['KeyCount', rows.length],
    ['MaxKeys', max],
    ['IsTruncated', String(truncated)],
    ['NextContinuationToken', last === undefined ? undefined : Buffer.from(last).toString('base64')],
    ...rows.map(
      ([key, object]) =>
        [
          'Contents',
          [
            ['Key', key],
            ['LastModified', object.modifiedAt.toISOString()],
            ['ETag', `"${object.etag}"`],
            ['Size', object.sizeBytes],
            ['StorageClass', 'STANDARD'],
          ],
        ] as const,
    ),
  ];
  return { xml: xml('ListBucketResult', fields) };
}

export async function createBucket(state: State, request: S3Request): Promise<S3Answer> {
  if (state.buckets.has(request.bucket))
    throw new S3Error(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
    );
  state.buckets.set(request.bucket, new Map());
  return { headers: { location: `/${request.bucket}` } };
}

export async function headBucket(state: State, request: S3Request): Promise<S3Answer> {
  bucketOf(state, request.bucket);
  return { headers: { 'x-amz-bucket-region': state.options.region ?? 'us-east-1' } };
}

export async function deleteBucket(state: State, request: S3Request): Promise<S3Answer> {
  if (bucketOf(state, request.bucket).size > 0)
    throw new S3Error(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty');
  state.buckets.delete(request.bucket);
  return { status: 204 };
}
