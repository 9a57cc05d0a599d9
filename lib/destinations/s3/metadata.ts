import type { ObjectCannedACL, PutObjectCommandInput, ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3';
import { decodeExtended, encodeExtended, parse } from 'content-disposition';
import type { DigestAlgorithm, Digests } from '../../transfer/digests.ts';
import { DIGEST_HEX_LENGTH, sequentialDigests } from '../../transfer/digests.ts';
import { MOST_CARRIED_BYTES, MOST_OWN_METADATA_BYTES, taggingHeader } from '../../transfer/object-headers.ts';
import type { Validator } from '../../values/web/validator.ts';
import type { ObjectSpec } from '../destination.ts';

const TOKEN = 'piecework-token';
const VALIDATOR = 'piecework-validator';
const DIGESTS = 'piecework-digests';

export type ObjectParameters = Pick<
  PutObjectCommandInput,
  | 'ContentType'
  | 'ContentEncoding'
  | 'ContentDisposition'
  | 'ContentLanguage'
  | 'CacheControl'
  | 'Metadata'
  | 'StorageClass'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'ACL'
  | 'Tagging'
>;

/** Everything that stands beside the bytes; S3 takes it at Create, Put or Copy and never later. */
export function objectParameters(object: ObjectSpec): ObjectParameters {
  const { settings } = object;
  const { encryption } = settings;
  const parameters: ObjectParameters = { Metadata: metadataOf(object) };
  const asked = settings.contentType ?? '';
  if (asked !== '') parameters.ContentType = asked;
  // Of what the source says, headers that are longer than any that make sense are left out, the dearest one last.
  const carried = {
    ContentType: asked === '' ? object.contentType : undefined,
    ContentEncoding: object.contentEncoding,
    ContentLanguage: object.contentLanguage,
    CacheControl: object.cacheControl,
    ContentDisposition:
      object.contentDisposition === undefined ? undefined : storedDisposition(object.contentDisposition),
  } as const;
  let room = MOST_CARRIED_BYTES;
  for (const [name, given] of Object.entries(carried)) {
    const value = headerSafe(given ?? '');
    if (value === '' || value.length > room) continue;
    parameters[name as keyof typeof carried] = value;
    room -= value.length;
  }
  // Whatever names a store knows: it refuses what it does not.
  if (settings.storageClass !== undefined) parameters.StorageClass = settings.storageClass as StorageClass;
  if (settings.acl !== undefined) parameters.ACL = settings.acl as ObjectCannedACL;
  if (settings.tags !== undefined && Object.keys(settings.tags).length > 0)
    parameters.Tagging = taggingHeader(settings.tags);
  if (encryption !== undefined) {
    parameters.ServerSideEncryption = (encryption.kind === 's3' ? 'AES256' : 'aws:kms') satisfies ServerSideEncryption;
    if (encryption.kind === 'kms' && encryption.keyId !== undefined) parameters.SSEKMSKeyId = encryption.keyId;
  }
  return parameters;
}

function metadataOf(object: ObjectSpec): Record<string, string> {
  const metadata: Record<string, string> = { ...object.settings.metadata, [TOKEN]: object.token };
  let room = MOST_OWN_METADATA_BYTES - object.token.length - TOKEN.length;
  // What is too long is not kept, and then nothing is ever found unchanged by it.
  const keep = (name: string, text: string): void => {
    if (text === '' || text.length + name.length > room) return;
    metadata[name] = text;
    room -= text.length + name.length;
  };
  if (object.validator.kind !== 'none') keep(VALIDATOR, encodeURIComponent(JSON.stringify(object.validator)));
  keep(DIGESTS, digestsText(object.digests ?? {}));
  return metadata;
}

/** `md5:…,sha256:…`: the CRC-32 is the store's own matter. */
function digestsText(digests: Digests): string {
  return sequentialDigests(digests)
    .map((algorithm) => `${algorithm}:${digests[algorithm]}`)
    .join(',');
}

/** `undefined` where none were kept, or what is there is not ours. */
export function digestsIn(metadata: Readonly<Record<string, string>> | undefined): Digests | undefined {
  const digests: Partial<Record<DigestAlgorithm, string>> = {};
  for (const one of metadata?.[DIGESTS]?.split(',') ?? []) {
    const [algorithm = '', hex = ''] = one.split(':');
    if (!Object.hasOwn(DIGEST_HEX_LENGTH, algorithm)) continue;
    const known = algorithm as DigestAlgorithm;
    if (hex.length === DIGEST_HEX_LENGTH[known] && /^[0-9a-f]+$/.test(hex)) digests[known] = hex;
  }
  return Object.keys(digests).length === 0 ? undefined : digests;
}

export function tokenIn(metadata: Readonly<Record<string, string>> | undefined): string | undefined {
  return metadata?.[TOKEN];
}

/** `undefined` where none was kept, or what is there is not ours: any client can write metadata. */
export function validatorIn(metadata: Readonly<Record<string, string>> | undefined): Validator | undefined {
  const text = metadata?.[VALIDATOR];
  if (text === undefined) return undefined;
  try {
    return asValidator(JSON.parse(decodeURIComponent(text)));
  } catch {
    return undefined;
  }
}

function asValidator(value: unknown): Validator | undefined {
  const { kind, etag, lastModified } = Object(value) as { kind?: unknown; etag?: unknown; lastModified?: unknown };
  if (kind === 'date' && typeof lastModified === 'string') return { kind, lastModified };
  if ((kind === 'strong' || kind === 'weak') && typeof etag === 'string') {
    return typeof lastModified === 'string' ? { kind, etag, lastModified } : { kind, etag };
  }
  return undefined;
}

/**
 * With a name of any alphabet as `filename*`, which browsers take, and before it one in ASCII for all others (RFC 6266
 * §5, RFC 8187). What is ASCII already stays as it is.
 */
function storedDisposition(value: string): string {
  if (!BEYOND_ASCII.test(value)) return value;
  const { type, parameters } = parse(value, { extended: false });
  const name = decodeExtended(parameters['filename*'] ?? '') ?? parameters['filename'];
  if (name === undefined || !/^[a-z-]{1,40}$/i.test(type)) return value;
  const plain = name.normalize('NFC').replace(/[^\x20-\x7e]|["\\]/g, '_');
  return `${type}; filename="${plain}"; filename*=${encodeExtended(name.toWellFormed())}`;
}

const BEYOND_ASCII = /[^\x20-\x7e\t]/;

/**
 * Printable ASCII stays; the rest is percent-encoded, line breaks go. A header in another alphabet would be signed as
 * one thing and sent as another.
 */
function headerSafe(value: string): string {
  return value
    .replace(/[\r\n\0]+/g, ' ')
    .replace(/[^\x20-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()))
    .trim();
}
