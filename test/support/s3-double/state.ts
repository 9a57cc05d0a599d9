import type { Blob, Bytes } from './bytes.ts';
import type { S3Request } from './http.ts';
import { header, S3Error } from './http.ts';

export interface StoredPart {
  readonly number: number;
  readonly blob: Blob;
  readonly etag: string;
  readonly modifiedAt: Date;
  /** Whether a CRC32 is kept for it: AWS computes one once the algorithm was declared. */
  readonly checksum: boolean;
}

export interface StoredUpload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiatedAt: Date;
  readonly headers: Readonly<Record<string, string>>;
  readonly algorithm?: 'CRC32';
  readonly type?: 'FULL_OBJECT' | 'COMPOSITE';
  readonly parts: Map<number, StoredPart>;
  /** What became of it. Parts in flight may still land in an aborted one, and stay until it is aborted again. */
  state: 'open' | 'aborted' | 'completed';
  /** The answer to Complete, which AWS gives again to the same request. */
  answer?: string;
}

export interface StoredObject {
  readonly blobs: readonly Blob[];
  readonly sizeBytes: number;
  readonly etag: string;
  readonly modifiedAt: Date;
  /** As they are given back: content type and its kin, and x-amz-meta-…. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: string;
  readonly checksumType?: 'FULL_OBJECT' | 'COMPOSITE';
  readonly versionId?: string;
}

/** How this store differs from AWS; every default is AWS's. */
export interface DoubleOptions {
  /** @default 5 MiB */
  readonly minPartBytes?: number;
  /** @default 5 GiB */
  readonly maxPartBytes?: number;
  /** Rows of one page of any listing, where fewer are not asked for. @default 1000 */
  readonly pageSize?: number;
  /**
   * How a request for FULL_OBJECT is answered: with it, with COMPOSITE (stock MiniStack,
   * R2), or with no checksums at all.
   */
  readonly checksums?: 'FULL_OBJECT' | 'COMPOSITE' | 'none';
  /** The same Complete a second time: AWS and versitygw say yes, MinIO says NoSuchUpload. */
  readonly completeAgain?: 'accepted' | 'NoSuchUpload';
  /** Conditions in headers are obeyed (AWS) or overlooked, as by older stores. */
  readonly conditions?: 'obeyed' | 'ignored';
  /** Server-side encryption is done or overlooked. */
  readonly encryption?: 'done' | 'ignored';
  /** Where its buckets are; requests signed for another region are sent there. @default us-east-1 */
  readonly region?: string;
  /** Each PutObject makes a version, which can be read by its id when others have come after it. @default false */
  readonly versions?: boolean;
  /**
   * How far its clock is before that of this machine. Requests that are signed a quarter of an hour off are refused.
   * @default 0
   */
  readonly aheadMs?: number;
  /** Keeps bytes in files there instead of memory. */
  readonly folder?: string;
}

export interface State {
  readonly options: DoubleOptions;
  readonly bytes: Bytes;
  readonly buckets: Map<string, Map<string, StoredObject>>;
  readonly uploads: Map<string, StoredUpload>;
  /** By `bucket/key?id`, the newest as well. */
  readonly versions: Map<string, StoredObject>;
  nextId(): string;
}

export function bucketOf(state: State, name: string): Map<string, StoredObject> {
  const bucket = state.buckets.get(name);
  if (bucket === undefined)
    throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { extra: { BucketName: name } });
  return bucket;
}

const KEPT =
  /^(content-type|content-disposition|content-language|cache-control|expires|x-amz-meta-.*|x-amz-storage-class|x-amz-tagging|x-amz-acl)$/;

/** What is kept beside the bytes. aws-chunked is how a body travels, not what it is. */
export function keptHeaders(state: State, request: S3Request): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(request.message.headers)) {
    if (KEPT.test(name)) kept[name] = header(request, name) ?? '';
  }
  const encoding = (header(request, 'content-encoding') ?? '')
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'aws-chunked')
    .join(',');
  if (encoding !== '') kept['content-encoding'] = encoding;
  const encryption = header(request, 'x-amz-server-side-encryption');
  if (state.options.encryption !== 'ignored') kept['x-amz-server-side-encryption'] = encryption ?? 'AES256';
  return kept;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function checkWriteConditions(state: State, request: S3Request): void {
  if (state.options.conditions === 'ignored') return;
  const there = bucketOf(state, request.bucket).get(request.key);
  const ifNoneMatch = header(request, 'if-none-match');
  const ifMatch = header(request, 'if-match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*')
    throw new S3Error(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');
  if (ifNoneMatch === '*' && there !== undefined) throw failed('If-None-Match');
  if (ifMatch !== undefined && there === undefined)
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  if (ifMatch !== undefined && ifMatch.replaceAll('"', '') !== there?.etag) throw failed('If-Match');
}

export function failed(condition: string): S3Error {
  return new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    extra: { Condition: condition },
  });
}

/** A page of sorted rows after a marker. */
export function page<T>(
  state: State,
  request: S3Request,
  rows: readonly T[],
  asked: string,
): { rows: readonly T[]; truncated: boolean; max: number } {
  const wanted = request.query.get(asked);
  const max = wanted === null ? 1000 : Number(wanted);
  if (!Number.isInteger(max) || max < 0)
    throw new S3Error(400, 'InvalidArgument', `Provided ${asked} not an integer or within integer range`);
  const size = Math.min(max, state.options.pageSize ?? 1000);
  return { rows: rows.slice(0, size), truncated: rows.length > size, max: size };
}
