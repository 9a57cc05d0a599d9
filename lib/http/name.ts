import { decodeExtended, parse } from 'content-disposition';

const MAX_BYTES = 255;
const NO_NAME = 'download';
/** Windows opens a device for these, whatever the extension. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;

/**
 * The file name that an answer proposes: of `Content-Disposition` (RFC 6266, `filename*` before `filename`), else the
 * last segment of the URL that answered, else `download`. Safe on any file system; see `safeName`.
 * @param disposition header text as it came: bytes as latin1
 */
export function nameOf(disposition: string | undefined, url: URL): string {
  return safeName(fromDisposition(disposition) ?? fromUrl(url)) ?? NO_NAME;
}

function fromDisposition(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  const { parameters } = parse(disposition, { extended: false });
  const plain = parameters['filename'];
  // latin1 by the RFC, but servers write UTF-8 into it.
  const text = decodeExtended(parameters['filename*'] ?? '') ?? (plain === undefined ? undefined : decodedUtf8(plain));
  if (text === undefined) return undefined;
  // Some servers send a whole path. Only its end can be meant (RFC 6266 §4.3).
  const last = text.split(/[/\\]/).at(-1) ?? '';
  return safeName(last) === undefined ? undefined : last;
}

function fromUrl(url: URL): string {
  const segment = url.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * A name that any file system takes and that leads nowhere else: no separators, no control or reserved characters, no
 * leading dots, no trailing dots or spaces, no Windows device, at most 255 bytes of UTF-8 (the extension is kept).
 * `undefined` when nothing is left.
 */
export function safeName(text: string): string | undefined {
  const clean = text
    .toWellFormed()
    .normalize('NFC')
    // Control, format (direction overrides hide an extension), line and paragraph separators.
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[/\\:*?"<>|]/g, '_')
    .replace(/^[\s.]+/, '')
    .replace(/[\s.]+$/, '');
  if (clean === '' || /^_+$/.test(clean)) return undefined;
  const stem = clean.split('.', 1)[0] ?? '';
  return shortened(DEVICES.test(stem.trimEnd()) ? `_${clean}` : clean);
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= 32 ? name.slice(dot) : '';
  let room = MAX_BYTES - Buffer.byteLength(extension);
  let kept = '';
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept.replace(/[\s.]+$/, '')}${extension}`;
}

function decodedUtf8(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}
