import type { WrittenDigest } from './reader.ts';

/** By the length of its hex (RFC 6920 names no others): what checksum files and columns without a name mean. */
const BY_LENGTH: Readonly<Record<number, string>> = {
  8: 'crc32',
  32: 'md5',
  40: 'sha1',
  56: 'sha224',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};

/** `md5:HEX`, `sha256-HEX`, or HEX alone, whose length says the algorithm. */
export function writtenDigest(text: string): WrittenDigest {
  const [, algorithm, value] = /^([a-z][a-z0-9]*(?:-\d+)?)[:=](.+)$/i.exec(text.trim()) ?? [];
  if (algorithm !== undefined && value !== undefined) return { algorithm, value };
  return { algorithm: algorithmOf(text.trim()) ?? 'digest', value: text };
}

/** Of hex; `undefined` = no digest has that length. */
export function algorithmOf(hex: string): string | undefined {
  return /^[0-9a-f]+$/i.test(hex) ? BY_LENGTH[hex.length] : undefined;
}

/** Names of columns and fields that hold a digest, in any case: `SHA-256`, `md5sum`, `sha1_hash`. */
export function algorithmNamed(name: string): string | undefined {
  const plain = name
    .toLowerCase()
    .replaceAll(/[-_ ]/g, '')
    .replace(/(?:sum|hash|digest|hex)$/, '');
  return /^(?:md5|crc32|crc32c|sha1|sha224|sha256|sha384|sha512|sha3\d{3}|blake2[bs]?|blake3)$/.test(plain)
    ? plain
    : undefined;
}
