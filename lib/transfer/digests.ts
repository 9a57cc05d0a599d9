/**
 * Digests of the whole object, lower-case hex. `crc32`, `crc32c` and `crc64nvme` combine from pieces; the others don't.
 */
export type DigestAlgorithm = 'sha256' | 'sha512' | 'sha1' | 'md5' | 'crc32';
export type Digests = Readonly<Partial<Record<DigestAlgorithm, string>>>;

export const DIGEST_HEX_LENGTH: Readonly<Record<DigestAlgorithm, number>> = {
  sha256: 64,
  sha512: 128,
  sha1: 40,
  md5: 32,
  crc32: 8,
};

/** The digests that need the whole object in order, and so are proved before it becomes visible. */
export function sequentialDigests(digests: Digests): readonly DigestAlgorithm[] {
  return (Object.keys(digests) as DigestAlgorithm[]).filter((algorithm) => algorithm !== 'crc32');
}
