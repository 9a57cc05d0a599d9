import type { ListKind } from './list-kinds.ts';
import { PLAIN, SUMS } from './list-kinds.ts';

/** A file of Hugging Face; one with `lfs` has its SHA-256 there. */
const TREE = '/api/models/org/model/tree/0123abc';

/** What archives, registries and portals publish. */
export const ARCHIVE_KINDS: readonly ListKind[] = [
  {
    kind: 'zenodo',
    folder: 'zenodo/',
    names: PLAIN,
    list: { path: '/api/records/1' },
    texts: (files, base) => ({
      '/api/records/1': JSON.stringify({
        id: 1,
        files: files.map((f) => ({
          key: f.name,
          size: f.bytes.length,
          checksum: `md5:${f.digest('md5')}`,
          links: { self: `${base}/zenodo/${f.name}` },
        })),
      }),
    }),
  },
  {
    kind: 'huggingface, in pages',
    folder: 'org/model/resolve/0123abc/a/',
    names: ['a/a.bin', 'a/b.bin', 'a/c.bin'],
    list: { path: `${TREE}?recursive=true` },
    texts: (files, base) => ({
      [TREE]: (request, response) => {
        const page = Number(URL.parse(request.url ?? '', base)?.searchParams.get('cursor') ?? 0);
        const [file] = files.slice(page);
        const folder = { type: 'directory', path: 'a', size: 0, oid: '0d'.repeat(20) };
        const lfs = file && { oid: file.digest('sha256'), size: file.bytes.length, pointerSize: 130 };
        const item = file && { type: 'file', path: `a/${file.name}`, size: 1, oid: '0e'.repeat(20), lfs };
        const next =
          page < files.length ? { link: `<${base}${TREE}?recursive=true&cursor=${page + 1}>; rel="next"` } : {};
        response.writeHead(200, { 'content-type': 'application/json', ...next });
        response.end(JSON.stringify([folder, ...(item === undefined ? [] : [item])]));
      },
    }),
  },
  {
    kind: 'croissant',
    folder: 'croissant/',
    names: PLAIN,
    list: { file: 'croissant.json' },
    texts: (files, base) => ({
      'croissant.json': JSON.stringify({
        '@type': 'sc:Dataset',
        distribution: [
          ...files.map((f) => ({
            '@type': 'cr:FileObject',
            name: f.name,
            contentUrl: `${base}/croissant/${f.name}`,
            contentSize: '1 kB',
            sha256: f.digest('sha256'),
          })),
          { '@type': 'cr:FileObject', name: 'inner', contentUrl: 'x', containedIn: { '@id': 'a.bin' } },
        ],
      }),
    }),
  },
  {
    kind: 'stac, features in pages',
    folder: 'stac/items/',
    names: ['i0/a.bin', 'i1/b.bin', 'i2/c.bin'],
    list: { path: '/stac/search' },
    texts: (files, base) =>
      Object.fromEntries(
        files.map((f, page) => [
          page === 0 ? '/stac/search' : `/stac/search-${page}`,
          JSON.stringify({
            type: 'FeatureCollection',
            features: [
              {
                id: `i${page}`,
                links: [{ rel: 'self', href: `${base}/stac/items/i${page}.json` }],
                assets: { data: { href: `./${f.name}`, 'file:checksum': `1220${f.digest('sha256')}` } },
              },
            ],
            links: page === 2 ? [] : [{ rel: 'next', method: 'GET', href: `${base}/stac/search-${page + 1}` }],
          }),
        ]),
      ),
  },
  {
    kind: 'stac, one item as a file',
    folder: 'stac/one/',
    names: ['one/a.bin', 'one/b.bin', 'one/c.bin'],
    list: { file: 'item.json' },
    texts: (files, base) => ({
      'item.json': JSON.stringify({
        type: 'Feature',
        id: 'one',
        assets: Object.fromEntries(
          files.map((f) => [f.name, { href: f.name, 'file:checksum': `1220${f.digest('sha256')}` }]),
        ),
        links: [{ rel: 'self', href: `${base}/stac/one/item.json` }],
      }),
    }),
  },
  {
    kind: 'dcat',
    folder: 'dcat/',
    names: ['x/a.bin', 'x/b.bin', 'x/c.bin'],
    list: { file: 'data.json' },
    texts: (files, base) => ({
      'data.json': JSON.stringify({
        conformsTo: 'https://project-open-data.cio.gov/v1.1/schema',
        dataset: [
          {
            identifier: 'x',
            distribution: [
              { accessURL: `${base}/page` },
              ...files.map((f) => ({ downloadURL: `${base}/dcat/${f.name}`, title: f.name })),
            ],
          },
        ],
      }),
    }),
    options: SUMS,
  },
  {
    kind: 'wikimedia',
    folder: 'x/20260101/',
    names: PLAIN,
    list: { path: '/x/20260101/dumpstatus.json' },
    texts: (files) => ({
      '/x/20260101/dumpstatus.json': JSON.stringify({
        jobs: {
          articles: {
            status: 'done',
            files: Object.fromEntries(
              files.map((f) => [
                f.name,
                { size: f.bytes.length, url: `/x/20260101/${f.name}`, md5: f.digest('md5'), sha1: f.digest('sha1') },
              ]),
            ),
          },
          history: { status: 'in-progress', files: { 'h.bin': { url: '/x/20260101/h.bin' } } },
        },
      }),
    }),
  },
  {
    kind: 'ena',
    folder: 'vol1/',
    names: PLAIN,
    list: { file: 'filereport.tsv' },
    texts: ([a, b, c], base) => {
      if (a === undefined || b === undefined || c === undefined) return {};
      const host = base.replace('https://', '');
      const row = (run: string, files: readonly (typeof a)[]) =>
        [
          run,
          files.map((f) => `${host}/vol1/${f.name}`).join(';'),
          files.map((f) => f.digest('md5')).join(';'),
          files.map((f) => f.bytes.length).join(';'),
        ].join('\t');
      const header = 'run_accession\tfastq_ftp\tfastq_md5\tfastq_bytes';
      return { 'filereport.tsv': `${header}\n${row('XRR1', [a, b])}\nXRR2\t\t\t\n${row('XRR3', [c])}\n` };
    },
    // Its mirror over FTP is not there.
    options: () => ['--max-attempts', '1'],
  },
  {
    kind: 'multi',
    folder: 'multi/',
    names: PLAIN,
    list: { file: 'multi.csv' },
    texts: (files, base) => ({
      'multi.csv': `sample,url,md5\ns1,${files.map((f) => `${base}/multi/${f.name}`).join('|')},${files.map((f) => f.digest('md5')).join('|')}\n`,
    }),
    options: () => ['--format', 'multi', '--separator', '|'],
  },
  {
    kind: 'ncbi',
    folder: 'all/GCX_1_ASM1/',
    names: ['GCX_1_ASM1_a.bin', 'GCX_2_ASM1_a.bin', 'GCX_3_ASM1_a.bin'],
    list: { file: 'assembly_summary.txt' },
    texts(files, base) {
      const folders = files.map((_, index) => `GCX_${index + 1}_ASM1`);
      const rows = folders.map((name) => `${name}\tExamplea\t${base}/all/${name}\n`).join('');
      const served = files.flatMap((f, index) => {
        const name = folders[index] ?? '';
        return [
          [`/all/${name}/${name}_a.bin`, f.bytes],
          [`/all/${name}/md5checksums.txt`, `${f.digest('md5')}  ./${name}_a.bin\n${'0f'.repeat(16)}  ./other\n`],
        ];
      });
      return {
        'assembly_summary.txt': `##  See the notes\n#assembly_accession\torganism_name\tftp_path\n${rows}GCX_4\tExamplea\tna\n`,
        ...Object.fromEntries(served),
      };
    },
    options: () => ['--suffix', 'a.bin'],
  },
  {
    kind: 'portal',
    folder: 'data/',
    names: ['n-a.bin', 'n-b.bin', 'n-c.bin'],
    list: { file: 'manifest.txt' },
    texts: (files) => ({
      'manifest.txt': `id\tfilename\tmd5\tsize\tstate\n${files.map((f) => `${f.name}\tn-${f.name}\t${f.digest('md5')}\t${f.bytes.length}\tlive\n`).join('')}`,
    }),
    options: (base) => ['--url', `${base}/data/{id}`],
  },
  {
    kind: 'index',
    folder: 'pub/',
    names: PLAIN,
    list: { path: '/pub/' },
    texts: (files) => ({
      '/pub/': `<html><body><h1>Index of /pub</h1><a href="?C=M;O=A">Date</a><a href="../">../</a><a href="old/">old/</a>${files.map((f) => `<a href="${f.name}">${f.name}</a>   29-Nov-2026 06:00   ${f.bytes.length}\n`).join('')}</body></html>`,
    }),
    options: SUMS,
  },
];
