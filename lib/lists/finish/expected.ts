import { cleaned } from '../../errors/redact.ts';
import type { DigestAlgorithm, Digests } from '../../transfer/digests.ts';
import { DIGEST_HEX_LENGTH } from '../../transfer/digests.ts';
import { parseBytes } from '../../values/units.ts';
import type { WrittenDigest } from '../input/reader.ts';

export type Sized = { readonly bytes: number | undefined } | { readonly problem: string };

/** A whole number of bytes; nothing and `-` are none. */
export function sizeOf(text: string | undefined): Sized {
  const size = text?.trim() ?? '';
  if (size === '' || size === '-') return { bytes: undefined };
  const bytes = /^\d+$/.test(size) ? Number(size) : Number.NaN;
  return Number.isSafeInteger(bytes) ? { bytes } : { problem: `the size "${shown(size)}" is no whole number of bytes` };
}

/** `12 MB`; what can't be read is no size, and does no harm. */
export function roughly(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseBytes(text);
}

export type Expected =
  | { readonly digests: Digests; readonly unproved: readonly string[] }
  | { readonly problem: string };

/** Digests as the engine takes them; those of other algorithms by their names. */
export function digestsOf(written: readonly WrittenDigest[]): Expected {
  const digests: Partial<Record<DigestAlgorithm, string>> = {};
  const unproved: string[] = [];
  for (const { algorithm, value } of written) {
    const text = value.trim();
    if (text === '') continue;
    const [plain, digits] = algorithm === 'multihash' ? (multihash(text) ?? []) : [plainName(algorithm), text];
    if (plain === undefined || digits === undefined)
      return { problem: `"${shown(text)}" is no multihash that is known` };
    if (plain === 'digest') return { problem: `"${shown(text)}" is no digest of a length that is known` };
    if (!isKnown(plain)) {
      unproved.push(plain);
      continue;
    }
    const hex = hexOf(digits, DIGEST_HEX_LENGTH[plain]);
    if (hex === undefined) return { problem: `"${shown(text)}" is no ${plain} digest` };
    if (digests[plain] !== undefined && digests[plain] !== hex) return { problem: `it has two ${plain} digests` };
    digests[plain] = hex;
  }
  return { digests, unproved };
}

/** Codes and lengths of multihash, in hex, for what is in use. */
const MULTIHASHES: Readonly<Record<string, string>> = {
  '1220': 'sha256',
  '1340': 'sha512',
  '1114': 'sha1',
  '2030': 'sha384',
  d50110: 'md5',
};

function multihash(text: string): readonly [algorithm: string, hex: string] | undefined {
  const hex = text.toLowerCase();
  const code = Object.keys(MULTIHASHES).find((each) => hex.startsWith(each));
  const rest = hex.slice(code?.length ?? 0);
  const algorithm = MULTIHASHES[code ?? ''];
  if (algorithm === undefined || code === undefined || !/^[0-9a-f]+$/.test(rest)) return undefined;
  return rest.length === Number.parseInt(code.slice(-2), 16) * 2 ? [algorithm, rest] : undefined;
}

/** `SHA-256`, `sha2-256` (OpenSSL) → `sha256` */
function plainName(algorithm: string): string {
  return algorithm
    .toLowerCase()
    .replace(/^sha2-/, 'sha')
    .replaceAll(/[-_]/g, '');
}

function isKnown(algorithm: string): algorithm is DigestAlgorithm {
  return Object.hasOwn(DIGEST_HEX_LENGTH, algorithm);
}

/** Lower-case hex of a digest in hex or base64. */
function hexOf(text: string, length: number): string | undefined {
  if (text.length === length && /^[0-9a-f]+$/i.test(text)) return text.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  const isWhole = text.replaceAll('=', '').length === Math.ceil((length * 2) / 3);
  return isWhole && bytes.length === length / 2 ? bytes.toString('hex') : undefined;
}

function shown(text: string): string {
  return cleaned(text, 40);
}
