import type { DirectAnswer } from '../../../s3/direct/direct.ts';
import type { ObjectParameters } from '../metadata.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html#API_PutObject_RequestSyntax */
const NAMES: Readonly<Record<Exclude<keyof ObjectParameters, 'Metadata'>, string>> = {
  ContentType: 'content-type',
  ContentEncoding: 'content-encoding',
  ContentDisposition: 'content-disposition',
  ContentLanguage: 'content-language',
  CacheControl: 'cache-control',
  StorageClass: 'x-amz-storage-class',
  ServerSideEncryption: 'x-amz-server-side-encryption',
  SSEKMSKeyId: 'x-amz-server-side-encryption-aws-kms-key-id',
  ACL: 'x-amz-acl',
  Tagging: 'x-amz-tagging',
};
const METADATA = 'x-amz-meta-';

/** What stands beside an object's bytes, as headers. */
export function objectHeaders({ Metadata = {}, ...parameters }: ObjectParameters): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(Metadata)) headers[METADATA + name.toLowerCase()] = value;
  for (const [parameter, name] of Object.entries(NAMES)) {
    const value = parameters[parameter as keyof typeof parameters];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

/** The metadata among an answer's headers. */
export function metadataIn(headers: DirectAnswer): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith(METADATA) && value !== undefined) metadata[name.slice(METADATA.length)] = value;
  return metadata;
}

/** What a store says of bytes that it took, as the SDK names it. */
export interface Taken {
  readonly ETag?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly ChecksumCRC32?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
}

export function takenBy(headers: DirectAnswer): Taken {
  return {
    ETag: headers['etag'],
    VersionId: headers['x-amz-version-id'],
    ChecksumCRC32: headers['x-amz-checksum-crc32'],
    ServerSideEncryption: headers['x-amz-server-side-encryption'],
  };
}
