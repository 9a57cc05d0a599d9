import { safeName } from '../../values/text/safe-name.ts';
import { NOT_DECODED } from '../input/characters.ts';

export type SafePath = { readonly path: string } | { readonly problem: string };

/** As long as a key of S3 may be. */
const MAX_BYTES = 1024;
/** Most names are like that, and safe as they are; a list may have millions. */
const PLAIN = /^[a-z0-9](?:[a-z0-9_.-]{0,98}[a-z0-9])?$/i;
const PERHAPS_DEVICE = /^(?:con|prn|aux|nul|com|lpt)/i;

/**
 * A name under the destination, from one that the list has: each segment safe on any file system. One that leads out of
 * the folder is refused rather than bent.
 */
export function safePath(name: string): SafePath {
  if (PLAIN.test(name) && !PERHAPS_DEVICE.test(name)) return { path: name };
  if (name.includes(NOT_DECODED)) return { problem: 'the name has bytes that are not UTF-8' };
  if (name.includes('\0')) return { problem: 'the name has a NUL character' };
  if (/^(?:[/\\]|[a-z]:[/\\])/i.test(name))
    return { problem: 'the name is absolute; it has to lie under the destination' };
  if (/(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name)) return { problem: 'the name has .., which leads out of its folder' };
  const segments: string[] = [];
  for (const segment of name.split('/')) {
    if (segment === '' || segment === '.') continue;
    const safe = safeName(segment);
    if (safe === undefined) return { problem: 'the name has a part of which nothing is left on a file system' };
    segments.push(safe);
  }
  if (segments.length === 0 || name.endsWith('/')) return { problem: 'the name names a folder, no file' };
  const path = segments.join('/');
  return Buffer.byteLength(path) > MAX_BYTES ? { problem: `the name is longer than ${MAX_BYTES} bytes` } : { path };
}
