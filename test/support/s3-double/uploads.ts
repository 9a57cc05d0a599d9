import type { Fields, S3Answer, S3Request } from './http.ts';
import { header, S3Error, xml } from './http.ts';
import type { State, StoredUpload } from './state.ts';
import { bucketOf, keptHeaders, page } from './state.ts';

export function gone(): S3Error {
  return new S3Error(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
}

export function uploadOf(state: State, request: S3Request): StoredUpload {
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

export function checksumHeaders(upload: StoredUpload): Record<string, string> {
  return upload.type === undefined ? {} : { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': upload.type };
}

export function encryptionHeader(headers: Readonly<Record<string, string>>): Record<string, string> {
  const value = headers['x-amz-server-side-encryption'];
  return value === undefined ? {} : { 'x-amz-server-side-encryption': value };
}

export async function abortMultipartUpload(state: State, request: S3Request): Promise<S3Answer> {
  const upload = uploadOf(state, request);
  if (upload.state === 'completed' || (upload.state === 'aborted' && upload.parts.size === 0)) throw gone();
  upload.state = 'aborted';
  upload.parts.clear();
  return { status: 204 };
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
