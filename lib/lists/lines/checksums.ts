import { requireBase } from '../input/invalid-list.ts';
import { byLine, TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import { algorithmOf } from '../input/written-digest.ts';

/** GNU: `HEX  name`, `HEX *name`; some write one space or a tab. A `\` before it: the name has escapes. */
const GNU = /^(\\?)([0-9a-f]{8,128})(?: [ *]|\t| (?=[^ *]))(.+)$/i;
/** BSD: `SHA256 (name) = HEX`; OpenSSL: `SHA2-256(name)= HEX`. */
const BSD = /^(\\?)([a-z0-9/_-]{1,20}) ?\((.+)\) ?= ?([0-9a-f]+)$/i;
/** Fedora: `# name: 12 bytes`, before the line of that name. */
const SIZE = /^# (.+): (\d+) bytes$/;

export interface ChecksumLine {
  readonly algorithm: string;
  readonly hex: string;
  readonly name: string;
}

/** `undefined`: the line is none of a checksum file. */
export function checksumLine(text: string): ChecksumLine | undefined {
  const [, bsdMark = '', algorithm, bsdName = '', bsdHex = ''] = BSD.exec(text) ?? [];
  if (algorithm !== undefined) return { algorithm, hex: bsdHex, name: unescaped(bsdName, bsdMark) };
  const [, mark = '', hex = '', name = ''] = GNU.exec(text) ?? [];
  const known = algorithmOf(hex);
  return known === undefined ? undefined : { algorithm: known, hex, name: unescaped(name, mark) };
}

/**
 * A checksum file, also signed in clear (the signature is not verified). Names lie in the folder of the file, or in the
 * base.
 */
export function readChecksums(context: ReaderContext): Reader {
  requireBase(context.options, 'checksums');
  const signed = new ClearSigned(context);
  let sized: { readonly name: string; readonly size: string } | undefined;
  return byLine({
    line(written, line) {
      const text = signed.textOf(written, line);
      if (text === undefined || text.trim() === '') return;
      const [, name, size] = SIZE.exec(text) ?? [];
      if (name !== undefined && size !== undefined) sized = { name, size };
      if (text.startsWith('#')) return;
      const read = checksumLine(text);
      if (read === undefined) {
        context.invalid({ line }, 'it is neither "DIGEST  name" nor "ALGORITHM (name) = DIGEST"');
        return;
      }
      context.entry({
        at: { line },
        sources: [],
        path: read.name,
        size: sized?.name === read.name ? sized.size : undefined,
        digests: [{ algorithm: read.algorithm, value: read.hex }],
      });
    },
    tooLong: (line) => context.invalid({ line }, TOO_LONG),
  });
}

function unescaped(name: string, mark: string): string {
  const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', '\\': '\\' };
  return mark === '' ? name : name.replaceAll(/\\([nr\\])/g, (_, letter: string) => letters[letter] ?? '');
}

/** The text within a message that is signed in clear (RFC 4880 §7); any other is given back as it is. */
class ClearSigned {
  readonly #context: ReaderContext;
  #part: 'text' | 'head' | 'signature' = 'text';
  #isSigned = false;

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  textOf(text: string, line: number): string | undefined {
    if (text.startsWith('-----BEGIN PGP SIGNED MESSAGE')) {
      this.#isSigned = true;
      this.#part = 'head';
      this.#context.note({ line }, 'its signature is not verified');
      return undefined;
    }
    if (text.startsWith('-----BEGIN PGP')) this.#part = 'signature';
    const part = this.#part;
    if ((part === 'head' && text.trim() === '') || text.startsWith('-----END PGP')) this.#part = 'text';
    if (part !== 'text') return undefined;
    return this.#isSigned && text.startsWith('- ') ? text.slice(2) : text;
  }
}
