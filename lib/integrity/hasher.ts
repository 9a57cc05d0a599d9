import { createHash } from 'node:crypto';
import { crc32, crc32Hex } from './crc32.ts';

/** As `DigestAlgorithm` in lib/transfer: integrity knows bytes, not transfers. */
type Algorithm = 'sha256' | 'sha512' | 'sha1' | 'md5' | 'crc32';

export interface Hasher {
  /** The bytes may be reused after the call. */
  update(bytes: Uint8Array): void;
  /** Lower-case hex, one for each algorithm. Ends the hasher. */
  digests(): Readonly<Partial<Record<Algorithm, string>>>;
}

/** Digests of bytes that come in order, several algorithms in one pass. */
export function sequentialHasher(algorithms: readonly Algorithm[]): Hasher {
  const hashes = algorithms
    .filter((algorithm) => algorithm !== 'crc32')
    .map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  const withCrc = algorithms.includes('crc32');
  let crc = 0;
  return {
    update(bytes) {
      for (const { hash } of hashes) hash.update(bytes);
      if (withCrc) crc = crc32(bytes, crc);
    },
    digests() {
      const digests: Partial<Record<Algorithm, string>> = {};
      for (const { algorithm, hash } of hashes) digests[algorithm] = hash.digest('hex');
      if (withCrc) digests.crc32 = crc32Hex(crc);
      return digests;
    },
  };
}
