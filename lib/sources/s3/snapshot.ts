import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { decodedUtf8 } from '../../http/grammar/headers.ts';
import type { Digests } from '../../transfer/digests.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import { filled } from '../../values/stated.ts';
import type { Validator } from '../../values/web/validator.ts';
import type { S3Target } from './url.ts';

/** What HEAD says of an object, ChecksumMode on. */
export function snapshotOf(answer: HeadObjectCommandOutput, { name }: S3Target): Snapshot {
  const { LastModified } = answer;
  // What no number of ours holds is not a size that can have been counted.
  const ContentLength = Number.isSafeInteger(answer.ContentLength) ? answer.ContentLength : undefined;
  const validator = validatorOf(answer.ETag);
  const fields = {
    contentType: decoded(answer.ContentType),
    contentEncoding: withoutTransport(answer.ContentEncoding),
    contentDisposition: decoded(answer.ContentDisposition),
    contentLanguage: decoded(answer.ContentLanguage),
    cacheControl: decoded(answer.CacheControl),
    modifiedAt: LastModified?.toISOString(),
  };
  return {
    ...(ContentLength === undefined ? {} : { sizeBytes: ContentLength }),
    ranges: ContentLength !== undefined,
    validator,
    ...filled(fields),
    name,
    digests: digestsOf(answer),
    warnings:
      validator.kind === 'none' ? ['the store states no ETag, so a change during the transfer may go unseen'] : [],
  };
}

export function validatorOf(etag: string | undefined): Validator {
  if (etag === undefined || etag === '') return { kind: 'none' };
  return { kind: etag.startsWith('W/') ? 'weak' : 'strong', etag };
}

/** As a browser reads it: a header's characters are its bytes. */
function decoded(value: string | undefined): string | undefined {
  return value === undefined ? undefined : decodedUtf8(value);
}

/** How it came into the store, which some stores forget to take off. */
export function withoutTransport(encoding: string | undefined): string | undefined {
  const kept = encoding
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== 'aws-chunked')
    .join(', ');
  return kept === '' ? undefined : kept;
}

/** Checksums of the whole object only: a COMPOSITE one is a checksum of checksums, and depends on how it was cut. */
function digestsOf(answer: HeadObjectCommandOutput): Digests {
  const given = [answer.ChecksumCRC32, answer.ChecksumSHA1, answer.ChecksumSHA256];
  if (answer.ChecksumType === 'COMPOSITE' || given.some((checksum) => checksum?.includes('-') === true)) return {};
  const hex = (checksum: string | undefined, name: string): Digests =>
    checksum === undefined ? {} : { [name]: Buffer.from(checksum, 'base64').toString('hex') };
  return {
    ...hex(answer.ChecksumCRC32, 'crc32'),
    ...hex(answer.ChecksumSHA1, 'sha1'),
    ...hex(answer.ChecksumSHA256, 'sha256'),
  };
}
