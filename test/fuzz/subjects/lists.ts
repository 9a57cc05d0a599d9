import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { Listed } from '../../../lib/lists/entry.ts';
import { FORMATS } from '../../../lib/lists/formats.ts';
import type { ListFormat, ListOptions } from '../../../lib/lists/options.ts';
import { readList } from '../../../lib/lists/read-list.ts';
import { mutated, mutatedBytes, mutatedJson } from '../inputs.ts';
import type { Subject } from '../subject.ts';
import { refusingLater, subject } from '../subject.ts';

const SECRET = 'hidden5ecret';
const URL_TEXT = `https://e.example/d/a.bin?token=${SECRET}`;
const SHA256 = '0f'.repeat(32);
const MD5 = 'ab'.repeat(16);
const OPTIONS: ListOptions = { listUrl: 'https://e.example/api/models/me/set/tree/main', onCollision: 'number' };

const TEXTS: Readonly<Partial<Record<ListFormat, readonly string[]>>> = {
  urls: [`# a\n${URL_TEXT}\nftp://b.example/x\r\n`],
  paths: ['a/b/c.gz\nd e.bin\n'],
  checksums: [
    `${SHA256}  a b.bin\n\\${MD5} *odd\\nname\nSHA256 (x) = ${SHA256}\n`,
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# x: 12 bytes\nSHA256 (x) = ${SHA256}\n-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\n`,
  ],
  bagit: [`${URL_TEXT} 12 data/a b.bin\nhttps://e.example/c\t-\tdata/100%25.bin\n`],
  aria2: [`${URL_TEXT}\tftp://b.example/x\n  out=x.bin\n  checksum=sha-256=${SHA256}\n  header=A: b\n`],
  curl: [`url = "${URL_TEXT}"\noutput = "in/a \\"x\\".bin"\nnext\n--url https://e.example/c\n-O\n-u me:${SECRET}\n`],
  csv: [`url,name,size,sha256\n"${URL_TEXT}","b, ""c"".bin",12,${SHA256}\nhttps://e.example/b,,,\n`],
  tsv: [`url\tname\tmd5\n${URL_TEXT}\t"b ""c"""\t${MD5}\n`],
  'sts-tsv': [`TsvHttpData-1.0\n${URL_TEXT}\t3\tkAFQmDzST7DWlj99KOF/cg==\n`],
  multi: [`url,md5,size\n${URL_TEXT};https://e.example/b,${MD5};${MD5},1;2\n`],
  ena: [`run\tfastq_ftp\tfastq_md5\tfastq_bytes\nX\tf.example/a;f.example/b;\t${MD5};${MD5}\t1;2\nY\t\t\t\n`],
  ncbi: ['##  See\n#assembly_accession\tftp_path\nX\thttps://f.example/all/X_1\nY\tna\n'],
  portal: [`file_id\tmd5\tsize\turls\nf\t${MD5}\t12\tfasp://e.example/a,${URL_TEXT}\n`],
  metalink: [
    `<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="x &amp; y"><size>12</size><hash type="sha-256">${SHA256}</hash><url priority="1">${URL_TEXT}</url></file></metalink>`,
    '<!DOCTYPE m [<!ENTITY a "b">]><metalink><files><file name="x"><resources><url type="http" preference="1">https://a.example/x</url></resources></file></files></metalink>',
  ],
  index: [
    '<html><body><pre><a href="../">../</a>\n<a href="a%20b.bin">a b.bin</a> 29-Nov-2026 06:00 1.5M\n<a href="sub/">sub/</a></pre></body></html>',
  ],
};

const FILE = {
  key: 'a',
  type: 'file',
  path: 'a/b',
  size: 12,
  checksum: `md5:${MD5}`,
  url: URL_TEXT,
  lfs: { oid: SHA256 },
};
const DOCUMENTS: readonly object[] = [
  [FILE, { url: ['https://e.example/b', 'ftp://b.example/b'] }],
  { files: [{ ...FILE, links: { self: URL_TEXT } }] },
  { distribution: [{ '@type': 'cr:FileObject', name: 'a.zip', contentUrl: URL_TEXT, contentSize: '12 MB' }] },
  {
    links: [{ rel: 'next', href: '?page=2' }],
    features: [{ id: 'i', assets: { b: { href: './b', 'file:checksum': `1220${SHA256}` } } }],
  },
  { dataset: [{ identifier: 'x', distribution: [{ downloadURL: URL_TEXT }] }] },
  { jobs: { j: { status: 'done', files: { f: { url: '/x/f', size: 1, md5: MD5 } } } } },
];
const WORDS = [
  '../',
  'C:\\',
  '\\..\\',
  `user:${SECRET}@`,
  '<!ENTITY',
  '{a}',
  '\t',
  '\n',
  '"',
  ';',
  '  out=',
  'url = ',
  '-----BEGIN PGP',
];

interface Given {
  readonly text: string;
  readonly cut: number;
}

const given = (text: fc.Arbitrary<string>) => fc.record({ text, cut: fc.nat(200) });

function reads(name: string, inputs: fc.Arbitrary<Given>, options: ListOptions): Subject {
  return subject({
    name,
    inputs,
    begin:
      () =>
      async ({ text, cut }: Given) => {
        await refusingLater(async () => check(await read(Buffer.from(text), cut, options)));
      },
  });
}

async function read(bytes: Uint8Array, cut: number, options: ListOptions): Promise<readonly Listed[]> {
  async function* chunks() {
    yield bytes.subarray(0, cut);
    yield bytes.subarray(cut);
  }
  const listed: Listed[] = [];
  for await (const each of await readList(chunks(), options)) listed.push(each);
  return listed;
}

function check(listed: readonly Listed[]): void {
  for (const [index, each] of listed.entries()) {
    if (each.number !== index + 1) throw new TypeError(`the number ${each.number} at ${index + 1}`);
    if (each.kind === 'invalid') {
      if (/token=hidden|me:hidden|user:hidden/.test(each.message)) throw new TypeError(`a secret in: ${each.message}`);
      if (/[\r\n]/.test(each.message)) throw new TypeError(`two lines: ${each.message}`);
      continue;
    }
    const isSafe = each.name.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
    if (!isSafe || /[\\\0\n]/.test(each.name)) throw new TypeError(`the name ${JSON.stringify(each.name)}`);
    for (const url of each.sources) if (!URL.canParse(url)) throw new TypeError(`no URL: ${url}`);
  }
}

export const LISTS: readonly Subject[] = [
  ...Object.entries(TEXTS).map(([format, texts]) =>
    reads(`list-${format}`, given(mutated(texts, WORDS)), { ...OPTIONS, format: format as ListFormat }),
  ),
  ...Object.keys(FORMATS)
    .filter((format) => !Object.hasOwn(TEXTS, format))
    .map((format) =>
      reads(`list-${format}`, given(mutatedJson(DOCUMENTS, WORDS)), { ...OPTIONS, format: format as ListFormat }),
    ),
  reads(
    'list-of-any-kind',
    given(fc.oneof(mutated(Object.values(TEXTS).flat(), WORDS), mutatedJson(DOCUMENTS, WORDS))),
    OPTIONS,
  ),
  subject({
    name: 'list-packed',
    inputs: given(
      mutatedBytes([
        ...[gzipSync('https://e.example/a\n'), zstdCompressSync('https://e.example/a\n')].map((bytes) =>
          bytes.toString('latin1'),
        ),
      ]),
    ),
    begin:
      () =>
      async ({ text, cut }: Given) => {
        await refusingLater(async () => check(await read(Buffer.from(text, 'latin1'), cut, OPTIONS)));
      },
  }),
];
