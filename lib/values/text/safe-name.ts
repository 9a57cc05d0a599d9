import { withoutEnd } from './without-end.ts';

const MAX_BYTES = 255;
/** Windows opens a device for these, whatever the extension. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;

/**
 * A name that any file system takes and that leads nowhere else: no separators, no control or reserved characters, no
 * leading dots, no trailing dots or spaces, no Windows device, nothing that a command takes for an option (`_-rf`), at
 * most 255 bytes of UTF-8 (the extension is kept).
 * `undefined` when nothing is left.
 */
export function safeName(text: string): string | undefined {
  const kept = (PLAIN.test(text) ? text : shown(text)).replace(/[/\\:*?"<>|]/g, '_').replace(/^[\s.]+/, '');
  const clean = withoutEnd(kept, isSpaceOrDot);
  if (clean === '' || /^_+$/.test(clean)) return undefined;
  const stem = clean.split('.', 1)[0] ?? '';
  return shortened(clean.startsWith('-') || DEVICES.test(stem.trimEnd()) ? `_${clean}` : clean);
}

/** Unicode's tables are looked up only where they have something to say: at the first time that takes milliseconds. */
const PLAIN = /^[ -~]*$/;

function shown(text: string): string {
  // Control, format (direction overrides hide an extension), line and paragraph separators.
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
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
  return `${withoutEnd(kept, isSpaceOrDot)}${extension}`;
}

function isSpaceOrDot(character: string): boolean {
  return /[\s.]/.test(character);
}
