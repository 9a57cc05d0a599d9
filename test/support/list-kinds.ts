import { createHash } from 'node:crypto';
import type { Handler, Origin } from './origin.ts';
import { patternBytes } from './pattern.ts';

/** Three files of a server; what the list says of the second one's digest is wrong. */
export interface ListedFile {
  /** Its last segment. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** As the list says it. */
  digest(algorithm: 'md5' | 'sha1' | 'sha256', encoding?: 'base64' | 'hex'): string;
}

export interface ListKind {
  readonly kind: string;
  /** Of the folder that the files lie in at the server, with a slash at its end. */
  readonly folder: string;
  /** Names under the destination, in the order of the list. */
  readonly names: readonly [string, string, string];
  /** A file of this machine, by its name, or a path of the server. */
  readonly list: { readonly file: string } | { readonly path: string };
  /** The list and what lies beside it, by such names and paths. */
  texts(files: readonly ListedFile[], base: string): Readonly<Record<string, string | Uint8Array | Handler>>;
  readonly options?: (base: string) => readonly string[];
}

export const FILES: readonly ListedFile[] = ['a.bin', 'b.bin', 'c.bin'].map((name, seed) => {
  const bytes = patternBytes(0, 100 + seed, seed);
  const isWrong = name === 'b.bin';
  return {
    name,
    bytes,
    digest: (algorithm, encoding = 'hex') =>
      createHash(algorithm)
        .update(isWrong ? 'other bytes' : bytes)
        .digest(encoding),
  };
});

export const PLAIN = ['a.bin', 'b.bin', 'c.bin'] as const;

/** For lists that have no digests of their own. */
export const SUMS = (base: string) => ['--checksums-from', `${base}/sums/SHA256SUMS`] as const;

function sums(files: readonly ListedFile[], line: (file: ListedFile) => string): string {
  return files.map((file) => `${line(file)}\n`).join('');
}

/** Puts files, lists and what lies beside them on the server. */
export function publish(origin: Origin, { folder, texts }: ListKind): Readonly<Record<string, string>> {
  for (const file of FILES) origin.serve(`/${folder}${file.name}`, { bytes: file.bytes });
  origin.serve('/sums/SHA256SUMS', { bytes: Buffer.from(sums(FILES, (f) => `${f.digest('sha256')}  ${f.name}`)) });
  const local: Record<string, string> = {};
  for (const [place, what] of Object.entries(texts(FILES, origin.base))) {
    if (!place.startsWith('/')) local[place] = String(what);
    else if (typeof what === 'function') origin.serve(place, what);
    else origin.serve(place, { bytes: Buffer.from(what as string) });
  }
  return local;
}

const urls = (files: readonly ListedFile[], folder: string) => files.map(({ name }) => `${folder}${name}`);

export const LIST_KINDS: readonly ListKind[] = [
  {
    kind: 'urls',
    folder: 'urls/',
    names: PLAIN,
    list: { file: 'urls.txt' },
    texts: (files, base) => ({ 'urls.txt': `# made by hand\n${urls(files, `${base}/urls/`).join('\n')}\n` }),
    options: SUMS,
  },
  {
    kind: 'csv',
    folder: 'csv/',
    names: ['in/a.bin', 'in/b.bin', 'in/c.bin'],
    list: { file: 'files.csv' },
    texts: (files, base) => ({
      'files.csv': `name,url,size,sha256\n${sums(files, (f) => `in/${f.name},"${base}/csv/${f.name}",${f.bytes.length},${f.digest('sha256')}`)}`,
    }),
  },
  {
    kind: 'csv without a header, as rclone reads it',
    folder: 'rclone/',
    names: ['a.bin', 'in/b.bin', 'c.bin'],
    list: { file: 'rclone.csv' },
    texts: (files, base) => ({
      'rclone.csv': sums(files, (f) => `${base}/rclone/${f.name}${f.name === 'b.bin' ? ',in/b.bin' : ''}`),
    }),
    options: SUMS,
  },
  {
    kind: 'tsv',
    folder: 'tsv/',
    names: PLAIN,
    list: { file: 'files.tsv' },
    texts: (files, base) => ({
      'files.tsv': `#link\tmd5\n${sums(files, (f) => `${base}/tsv/${f.name}\t${f.digest('md5')}`)}`,
    }),
  },
  {
    kind: 'sts-tsv',
    folder: 'sts/',
    names: ['localhost/sts/a.bin', 'localhost/sts/b.bin', 'localhost/sts/c.bin'],
    list: { file: 'sts.tsv' },
    texts: (files, base) => ({
      'sts.tsv': `TsvHttpData-1.0\n${sums(files, (f) => `${base}/sts/${f.name}\t${f.bytes.length}\t${f.digest('md5', 'base64')}`)}`,
    }),
  },
  {
    kind: 'aria2',
    folder: 'aria2/',
    names: ['x-a.bin', 'x-b.bin', 'x-c.bin'],
    list: { file: 'aria2.txt' },
    texts: (files, base) => ({
      'aria2.txt': sums(
        files,
        (f) =>
          `${base}/aria2/${f.name}\t${base}/aria2/mirror/${f.name}\n  out=x-${f.name}\n  checksum=sha-256=${f.digest('sha256')}`,
      ),
    }),
  },
  {
    kind: 'curl',
    folder: 'curl/',
    names: ['in/a.bin', 'in/b.bin', 'in/c.bin'],
    list: { file: 'curl.txt' },
    texts: (files, base) => ({
      'curl.txt': `create-dirs\n${sums(files, (f) => `url = "${base}/curl/${f.name}"\noutput = "in/${f.name}"`)}`,
    }),
    options: SUMS,
  },
  {
    kind: 'metalink, version 4',
    folder: 'meta4/',
    names: ['d/a.bin', 'd/b.bin', 'd/c.bin'],
    list: { file: 'x.meta4' },
    texts: (files, base) => ({
      'x.meta4': `<?xml version="1.0"?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">${sums(
        files,
        (f) =>
          `<file name="d/${f.name}"><size>${f.bytes.length}</size><hash type="sha-256">${f.digest('sha256')}</hash><url priority="2">${base}/none</url><url priority="1">${base}/meta4/${f.name}</url></file>`,
      )}</metalink>`,
    }),
  },
  {
    kind: 'metalink, version 3',
    folder: 'meta3/',
    names: PLAIN,
    list: { file: 'x.metalink' },
    texts: (files, base) => ({
      'x.metalink': `<metalink version="3.0" xmlns="http://www.metalinker.org/"><files>${sums(
        files,
        (f) =>
          `<file name="${f.name}"><size>${f.bytes.length}</size><verification><hash type="sha256">${f.digest('sha256')}</hash></verification><resources><url type="bittorrent">${base}/x.torrent</url><url type="https" preference="100">${base}/meta3/${f.name}</url></resources></file>`,
      )}</files></metalink>`,
    }),
  },
  {
    kind: 'checksums of GNU',
    folder: 'gnu/',
    names: PLAIN,
    list: { path: '/gnu/SHA256SUMS' },
    texts: (files) => ({ '/gnu/SHA256SUMS': sums(files, (f) => `${f.digest('sha256')} *./${f.name}`) }),
  },
  {
    kind: 'checksums of BSD, signed, with sizes',
    folder: 'bsd/',
    names: PLAIN,
    list: { file: 'CHECKSUM' },
    texts: (files) => ({
      CHECKSUM: `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${sums(files, (f) => `# ${f.name}: ${f.bytes.length} bytes\nSHA256 (${f.name}) = ${f.digest('sha256')}`)}-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n`,
    }),
    options: (base) => ['--base', `${base}/bsd`],
  },
  {
    kind: 'bagit, with its manifest',
    folder: 'bag/',
    names: ['data/a.bin', 'data/b.bin', 'data/c.bin'],
    list: { file: 'fetch.txt' },
    texts: (files, base) => ({
      'fetch.txt': sums(files, (f) => `${base}/bag/${f.name} ${f.bytes.length} data/${f.name}`),
      'manifest-sha256.txt': sums(files, (f) => `${f.digest('sha256')}  data/${f.name}`),
    }),
  },
  {
    kind: 'bagit at a server, with an older manifest',
    folder: 'bag2/',
    names: ['data/a.bin', 'data/b.bin', 'data/c.bin'],
    list: { path: '/bag2/fetch.txt' },
    texts: (files, base) => ({
      '/bag2/fetch.txt': sums(files, (f) => `${base}/bag2/${f.name}\t-\tdata/${f.name}`),
      '/bag2/manifest-md5.txt': sums(files, (f) => `${f.digest('md5')} data/${f.name}`),
    }),
  },
  {
    kind: 'paths',
    folder: 'crawl/one/',
    names: ['crawl/one/a.bin', 'crawl/one/b.bin', 'crawl/one/c.bin'],
    list: { file: 'warc.paths' },
    texts: (files) => ({ 'warc.paths': sums(files, (f) => `crawl/one/${f.name}`) }),
    options: (base) => ['--base', base, ...SUMS(base)],
  },
  {
    kind: 'jsonl',
    folder: 'jsonl/',
    names: PLAIN,
    list: { file: 'files.jsonl' },
    texts: (files, base) => ({
      'files.jsonl': sums(files, (f) =>
        JSON.stringify({ url: `${base}/jsonl/${f.name}`, digests: { sha1: f.digest('sha1') } }),
      ),
    }),
  },
  {
    kind: 'json, with a mapping',
    folder: 'json/',
    names: ['n-a.bin', 'n-b.bin', 'n-c.bin'],
    list: { file: 'files.json' },
    texts: (files) => ({
      'files.json': JSON.stringify({
        data: files.map((f) => ({ id: f.name, bytes: f.bytes.length, sum: f.digest('sha256') })),
      }),
    }),
    options: (base) => [
      ...['--items', '/data', '--url', `${base}/json/{id}`, '--name', 'n-{id}'],
      ...['--size', '{bytes}', '--digest', 'sha256:{sum}'],
    ],
  },
];
