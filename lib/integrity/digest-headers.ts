import { parseDictionary } from 'structured-headers';

/** Lower-case hex, by algorithm; the whole object's. Assignable to `Digests` of lib/transfer. */
export type PublishedDigests = Partial<Record<'sha256' | 'sha512' | 'sha1' | 'md5', string>>;
type Algorithm = keyof PublishedDigests;

const BYTES: Readonly<Record<Algorithm, number>> = { sha256: 32, sha512: 64, sha1: 20, md5: 16 };

/**
 * Names of the IANA registries of both headers (RFC 9530 §5, RFC 3230). Checksums such as
 * crc32c and adler are left out.
 */
const NAMES: Readonly<Record<string, Algorithm>> = {
  'sha-256': 'sha256',
  'sha-512': 'sha512',
  sha: 'sha1',
  md5: 'md5',
};

/**
 * The digests that an answer states for the **whole** object: `Repr-Digest` (RFC 9530 §3) and `Digest` (RFC 3230) are
 * of the whole whatever the range; `Content-MD5` is of the message's own content, so only a 200's counts; `X-Goog-Hash`
 * is of the stored object. What is malformed is ignored; where two headers disagree, the first in this order stands.
 * @param headers names in lower case
 */
export function publishedDigests(status: number, headers: Readonly<Record<string, string>>): PublishedDigests {
  const contentMd5 = status === 200 ? base64ToHex('md5', headers['content-md5']) : undefined;
  return {
    ...googHash(headers),
    ...(contentMd5 === undefined ? {} : { md5: contentMd5 }),
    ...legacyDigest(headers['digest']),
    ...reprDigest(headers['repr-digest']),
  };
}

function reprDigest(header: string | undefined): PublishedDigests {
  const digests: PublishedDigests = {};
  for (const [name, [value]] of dictionary(header)) {
    const algorithm = algorithmOf(name);
    if (algorithm === undefined || !(value instanceof ArrayBuffer)) continue;
    if (value.byteLength === BYTES[algorithm]) digests[algorithm] = Buffer.from(value).toString('hex');
  }
  return digests;
}

function dictionary(header: string | undefined): ReturnType<typeof parseDictionary> {
  if (header === undefined) return new Map();
  try {
    return parseDictionary(header);
  } catch {
    return new Map();
  }
}

function legacyDigest(header: string | undefined): PublishedDigests {
  return fromPairs(header);
}

/** Google decompresses what it stores as gzip for a client that doesn't take gzip; the hash is then of other bytes. */
function googHash(headers: Readonly<Record<string, string>>): PublishedDigests {
  const stored = headers['x-goog-stored-content-encoding'] ?? 'identity';
  if (stored !== (headers['content-encoding'] ?? 'identity')) return {};
  const { md5 } = fromPairs(headers['x-goog-hash']);
  return md5 === undefined ? {} : { md5 };
}

/** `SHA-256=base64, md5=base64` */
function fromPairs(header: string | undefined): PublishedDigests {
  const digests: PublishedDigests = {};
  for (const pair of header?.split(',') ?? []) {
    const [, name = '', value] = /^\s*([^=\s]+)=(\S+)\s*$/.exec(pair) ?? [];
    const algorithm = algorithmOf(name);
    const hex = algorithm === undefined ? undefined : base64ToHex(algorithm, value);
    if (algorithm !== undefined && hex !== undefined) digests[algorithm] = hex;
  }
  return digests;
}

function algorithmOf(name: string): Algorithm | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(NAMES, lower) ? NAMES[lower] : undefined;
}

function base64ToHex(algorithm: Algorithm, base64: string | undefined): string | undefined {
  const text = base64?.trim() ?? '';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === BYTES[algorithm] ? bytes.toString('hex') : undefined;
}
