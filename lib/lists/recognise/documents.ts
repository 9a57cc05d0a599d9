import type { ListFormat } from '../options.ts';
import type { Head } from './head.ts';
import type { Sign } from './signs.ts';

/** By names of fields near the start of a document. */
const SHAPES: readonly { readonly format: ListFormat; readonly starts: '[' | '{'; readonly has: readonly RegExp[] }[] =
  [
    { format: 'ena', starts: '[', has: [/"(?:fastq|submitted|sra)_(?:ftp|md5|bytes)"\s*:/] },
    { format: 'huggingface', starts: '[', has: [/"type"\s*:\s*"(?:file|directory)"/, /"oid"\s*:/, /"path"\s*:/] },
    { format: 'croissant', starts: '{', has: [/"distribution"\s*:/, /FileObject"|mlcommons\.org\/croissant/] },
    { format: 'stac', starts: '{', has: [/"assets"\s*:/, /"href"\s*:/] },
    { format: 'dcat', starts: '{', has: [/"dataset"\s*:\s*\[/, /"(?:distribution|conformsTo)"\s*:/] },
    { format: 'wikimedia', starts: '{', has: [/"jobs"\s*:\s*\{/, /"status"\s*:/] },
    { format: 'zenodo', starts: '{', has: [/"links"\s*:/, /"key"\s*:/, /"checksum"\s*:\s*"md5:/] },
  ];

export const DOCUMENTS: readonly Sign[] = [
  ({ text }) => {
    if (/^<(?:\?xml\b|(?:\w+:)?metalink\b|!--)/.test(text) && /<(?:\w+:)?metalink[\s>]/.test(text)) {
      return { format: 'metalink', because: 'it is XML with a <metalink>' };
    }
    const isPage = /^<(?:!doctype\s+html|!--|html|head|title|body|h1|pre|table)\b/i.test(text) && /<a\s/i.test(text);
    return isPage ? { format: 'index', because: 'it is a page with links' } : undefined;
  },
  ({ text, fileName }) => {
    if (!/^[{[]/.test(text)) return undefined;
    return /\.(?:jsonl|ndjson)$/.test(fileName)
      ? { format: 'jsonl', because: 'its name ends as that of JSON lines' }
      : undefined;
  },
  (head) => {
    const shape = SHAPES.find(
      ({ starts, has }) => head.text.startsWith(starts) && has.every((each) => each.test(head.text)),
    );
    return shape === undefined || isLines(head)
      ? undefined
      : { format: shape.format, because: 'it is JSON with the fields of that kind' };
  },
  (head) => {
    if (isLines(head)) return { format: 'jsonl', because: 'its lines are JSON objects' };
    return /^[{[]/.test(head.text) ? { format: 'json', because: 'it is JSON' } : undefined;
  },
];

/** Each line of it is an object; one line alone is a document, unless it has a URL of its own. */
function isLines({ lines }: Head): boolean {
  const [first = '', second] = lines;
  const value = first.startsWith('{') ? parsed(first) : undefined;
  if (typeof value !== 'object' || value === null) return false;
  if (second !== undefined) return second.startsWith('{');
  return ['url', 'source', 'link', 'href', 'urls', 'sources'].some((name) => Object.hasOwn(value, name));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
