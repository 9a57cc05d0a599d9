import { PieceworkError } from '../../../errors/error.ts';
import type { S3Locator } from '../../../s3/client.ts';
import { describePlace } from '../errors.ts';
import type { Payload } from './payload.ts';

/** What a store says of the bytes that it took, where it says no checksum. */
export interface Statement {
  readonly ETag?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
}

/**
 * Whether the store received what was sent, by MD5: an ETag is that of the bytes, unless they were encrypted; and a
 * store that was given Content-MD5 has compared that (RFC 1864).
 * @param isNeeded nothing else was compared.
 * @throws PieceworkError `ChecksumMismatch`; `DestinationUnsupported` where it is needed, and nothing proves it.
 */
export function provedByMd5(
  target: S3Locator,
  { ETag = '', ServerSideEncryption }: Statement,
  { md5, headers }: Payload,
  { isNeeded }: { readonly isNeeded: boolean },
): boolean {
  const etag = ETag.replace(/^"|"$/g, '').toLowerCase();
  if (etag === md5()) return true;
  if (!isNeeded) return false;
  const isOfBytes = /^[\da-f]{32}$/.test(etag) && ServerSideEncryption === undefined;
  if (isOfBytes) throw otherBytes(target);
  if (headers['content-md5'] !== undefined) return true;
  throw new PieceworkError(
    'DestinationUnsupported',
    `${describePlace(target)}: the store takes no checksum, and its ETag does not say what it received; choose smaller pieces, which are sent with their MD5`,
  );
}

export function otherBytes(target: S3Locator): PieceworkError {
  return new PieceworkError(
    'ChecksumMismatch',
    `${describePlace(target)}: the store's checksum of what it received is not that of what was sent`,
  );
}
