import { SaxesParser } from 'saxes';
import { cleaned } from '../../errors/redact.ts';
import { invalidList } from '../input/invalid-list.ts';
import { Progress } from '../input/progress.ts';
import type { Reader, ReaderContext, WrittenDigest } from '../input/reader.ts';

interface File {
  readonly line: number;
  readonly column: number;
  readonly name: string;
  size: string;
  readonly digests: WrittenDigest[];
  readonly urls: { readonly text: string; readonly order: number }[];
}

type Attributes = Readonly<Record<string, string>>;

const MAX_DEPTH = 50;
const MAX_TEXT = 16 * 1024;
const MAX_URLS = 1000;
/** Of version 3: what is no link to the file itself. */
const OTHER_TYPES = /^(?:bittorrent|rsync|magnet|ed2k|gnutella)$/i;

/**
 * Metalink 4 (RFC 5854) and 3. Of the mirrors of a file the best one comes first; checksums of pieces, torrents and
 * signatures are passed over, and so is what belongs to another namespace (`mm0:alternates`, older versions that are
 * valid too). Entities of the document are never expanded: a document type with its own is refused.
 */
export function readMetalink(context: ReaderContext): Reader {
  const parser = new SaxesParser({ xmlns: false, position: true });
  const progress = new Progress();
  const path: string[] = [];
  let attributes: Attributes = {};
  let text = '';
  let file: File | undefined;

  parser.on('doctype', (doctype) => {
    progress.made();
    if (/[[<]|ENTITY/i.test(doctype))
      throw invalidList('has a document type with declarations, which is refused: entities are never expanded');
  });
  parser.on('opentag', ({ name, attributes: given }) => {
    progress.made();
    if (path.length >= MAX_DEPTH) throw invalidList(`is XML that is nested more than ${MAX_DEPTH} deep`);
    if (path.length === 0 && name.replace(/^.*:/, '') !== 'metalink')
      throw invalidList(`is XML, but no Metalink: its first element is <${cleaned(name, 40)}>`);
    path.push(name);
    attributes = given;
    text = '';
    if (isFile(path))
      file = { line: parser.line, column: parser.column, name: given['name'] ?? '', size: '', digests: [], urls: [] };
  });
  parser.on('text', (part) => {
    if (text.length < MAX_TEXT) text += part;
  });
  parser.on('cdata', (part) => {
    if (text.length < MAX_TEXT) text += part;
  });
  parser.on('closetag', () => {
    progress.made();
    if (file !== undefined && isFile(path)) {
      finish(context, file);
      file = undefined;
    } else if (file !== undefined) take(file, pathInFile(path), attributes, text.trim());
    path.pop();
    attributes = {};
    text = '';
  });
  parser.on('error', (error) => {
    const [, line, why = error.message] = /^(\d+):\d+: (.*)$/s.exec(error.message) ?? [];
    const at = line === undefined ? '' : ` (line ${line})`;
    throw invalidList(`is no well-formed XML${at}: ${cleaned(why, 200)}`, error);
  });

  return {
    push(part) {
      progress.pushed(part);
      parser.write(part);
    },
    end() {
      if (path.length > 0)
        throw invalidList(`is XML that is cut off: <${cleaned(path.at(-1) ?? '', 40)}> does not end`);
      parser.close();
    },
  };
}

/** `metalink/file`, or in version 3 `metalink/files/file`. */
function isFile(path: readonly string[]): boolean {
  return path.at(-1) === 'file' && (path.length === 2 || (path.length === 3 && path[1] === 'files'));
}

function pathInFile(path: readonly string[]): string {
  return path.slice(path.indexOf('file') + 1).join('/');
}

function take(file: File, path: string, attributes: Attributes, text: string): void {
  switch (path) {
    case 'size':
      file.size = text;
      break;
    case 'hash':
    case 'verification/hash':
      file.digests.push({ algorithm: attributes['type'] ?? 'digest', value: text });
      break;
    case 'url':
      // 1 is the best; without one it is the last (RFC 5854 §4.2.17).
      if (file.urls.length < MAX_URLS) file.urls.push({ text, order: numberOf(attributes['priority'], 999_999) });
      break;
    case 'resources/url':
      // Of version 3: 100 is the best.
      if (file.urls.length < MAX_URLS && !OTHER_TYPES.test(attributes['type'] ?? '')) {
        file.urls.push({ text, order: -numberOf(attributes['preference'], 0) });
      }
      break;
    default:
  }
}

function numberOf(text: string | undefined, absent: number): number {
  const number = Number(text ?? absent);
  return Number.isFinite(number) ? number : absent;
}

function finish(context: ReaderContext, { line, column, name, size, digests, urls }: File): void {
  const sorted = urls.toSorted((a, b) => a.order - b.order).map(({ text }) => text);
  context.entry({ at: { line, column }, sources: sorted, name: name === '' ? undefined : name, size, digests });
}
