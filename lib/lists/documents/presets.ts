import type { JsonFormat } from '../options.ts';
import type { MappedDigest, Mapping } from '../templates/mapping.ts';
import { fieldTemplate, parseTemplate } from '../templates/template.ts';

/** How a document names its files: where they lie in it, which of them count, and what they are made of. */
export interface Preset {
  /** Pointers (RFC 6901) to the items; a segment `*` is each element. Each is looked for. */
  readonly items: readonly string[];
  /** An item that does not have these is passed over. */
  readonly where?: readonly { readonly field: string; readonly is: RegExp }[];
  /** An item that has one of these is passed over. */
  readonly without?: readonly string[];
  readonly mapping: Mapping;
  /** Fields that may have several URLs of one file. */
  readonly mirrors?: readonly string[];
  /** Relative URLs belong to the link `self` of what the item lies in, and a link `next` leads to the next page. */
  readonly hasLinks?: true;
}

const template = (text: string) => parseTemplate(text, 'preset');
const templates = (...texts: readonly string[]) => texts.map(template);

/** Digests in fields that are called as their algorithms. */
const named = (...algorithms: readonly string[]): readonly MappedDigest[] =>
  algorithms.map((algorithm) => ({ algorithm, template: fieldTemplate(algorithm) }));

const ALGORITHMS = ['sha256', 'sha512', 'sha1', 'md5', 'crc32', 'sha384', 'sha224'];
const NAMED_DIGESTS: readonly MappedDigest[] = ALGORITHMS.flatMap((algorithm) =>
  [algorithm, `digests.${algorithm}`, `hashes.${algorithm}`].map((field) => ({
    algorithm,
    template: fieldTemplate(field),
  })),
);
const UNNAMED_DIGESTS: readonly MappedDigest[] = ['checksum', 'digest', 'hash'].map((field) => ({
  template: fieldTemplate(field),
}));

/** What fields are called where nothing says otherwise, as the columns of a table. */
const PLAIN: Preset = {
  items: ['/*'],
  mapping: {
    url: ['url', 'source', 'link', 'href', 'urls', 'sources'].map(fieldTemplate),
    name: ['name', 'path', 'dest', 'file', 'filename', 'file_name'].map(fieldTemplate),
    size: ['sizeBytes', 'size', 'bytes', 'file_size'].map(fieldTemplate),
    digests: [...NAMED_DIGESTS, ...UNNAMED_DIGESTS],
  },
  mirrors: ['url', 'urls', 'sources'],
};

export const PRESETS: Readonly<Record<JsonFormat, Preset>> = {
  json: PLAIN,
  jsonl: PLAIN,
  zenodo: {
    items: ['/files/*', '/files/entries/*', '/entries/*', '/hits/hits/*/files/*'],
    where: [{ field: 'key', is: /./ }],
    mapping: {
      url: templates('{links.content}', '{links.self}'),
      name: templates('{key}'),
      size: templates('{size}'),
      digests: [{ template: template('{checksum}') }],
    },
  },
  huggingface: {
    items: ['/*'],
    where: [{ field: 'type', is: /^file$/ }],
    mapping: {
      // Below the base, which `huggingFaceBase` makes of the URL of the tree.
      url: templates('./{path}'),
      name: templates('{path}'),
      size: templates('{lfs.size}', '{size}'),
      // `oid` itself is Git's, over a header and the bytes; `xetHash` is of chunks.
      digests: [{ algorithm: 'sha256', template: template('{lfs.oid}') }],
    },
  },
  croissant: {
    items: ['/distribution/*'],
    where: [{ field: '@type', is: /(?:^|[:/])FileObject$/ }],
    without: ['containedIn'],
    mapping: {
      url: templates('{contentUrl}'),
      name: templates('{name}'),
      about: templates('{contentSize}'),
      digests: named('sha256', 'md5'),
    },
  },
  stac: {
    items: ['/features/*/assets/*', '/assets/*'],
    hasLinks: true,
    mapping: {
      url: templates('{href}'),
      name: templates('{^id}/{href|basename}', '{href|basename}'),
      size: templates('{file:size}'),
      digests: [{ algorithm: 'multihash', template: template('{file:checksum}') }],
    },
  },
  dcat: {
    items: ['/dataset/*/distribution/*'],
    mapping: {
      url: templates('{downloadURL}'),
      name: templates('{^identifier}/{downloadURL|basename}', '{downloadURL|basename}'),
      // Most distributions are pages and services, under `accessURL`.
      skipsEmpty: true,
    },
  },
  wikimedia: {
    items: ['/jobs/*/files/*'],
    // The files of a job that still runs have no digests, and change.
    where: [{ field: '^status', is: /^done$/ }],
    mapping: {
      url: templates('{url}'),
      name: templates('{$key}'),
      size: templates('{size}'),
      digests: named('sha1', 'md5'),
    },
  },
};
