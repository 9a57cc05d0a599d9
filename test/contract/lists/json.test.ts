import { describe, expect, test } from 'vitest';
import { allOf, listContract, listOf } from './suite.ts';

const SHA256 = '0f'.repeat(32);
const SHA1 = '0d'.repeat(20);
const MD5 = 'ab'.repeat(16);
const pretty = (value: unknown) => `${JSON.stringify(value, undefined, 1)}\n`;

listContract({
  format: 'jsonl',
  list: `{"url":"https://e.example/a","name":"in/a.bin","size":12,"sha256":"${SHA256}"}\n\n{"sources":["https://e.example/b","ftp://e.example/b"],"digests":{"md5":"${MD5}"},"sizeBytes":3}\n`,
  entries: [
    { name: 'in/a.bin', sources: ['https://e.example/a'], sizeBytes: 12, digests: { sha256: SHA256 } },
    { name: 'b', sources: ['https://e.example/b', 'ftp://e.example/b'], sizeBytes: 3, digests: { md5: MD5 } },
  ],
  recognised: {},
  broken: { find: '"size":12', put: '"size":-1', problem: /^line 1: the size "-1"/ },
});

listContract({
  format: 'json',
  list: pretty([
    { url: 'https://e.example/a', name: 'a.bin', checksum: `md5:${MD5}` },
    { href: 'https://e.example/b' },
  ]),
  entries: [
    { name: 'a.bin', sources: ['https://e.example/a'], digests: { md5: MD5 } },
    { name: 'b', sources: ['https://e.example/b'] },
  ],
  recognised: {},
  broken: { find: '"href"', put: '"ref"', problem: /^item \/1: url is empty/ },
});

listContract({
  format: 'zenodo',
  list: pretty({
    id: 1,
    files: [
      {
        key: 'a.csv',
        size: 12,
        checksum: `md5:${MD5}`,
        links: { self: 'https://z.example/api/records/1/files/a.csv/content' },
      },
      {
        key: 'b.csv',
        size: 3,
        checksum: '',
        links: { self: 'https://z.example/b', content: 'https://z.example/b/content' },
      },
    ],
  }),
  entries: [
    {
      name: 'a.csv',
      sources: ['https://z.example/api/records/1/files/a.csv/content'],
      sizeBytes: 12,
      digests: { md5: MD5 },
    },
    { name: 'b.csv', sources: ['https://z.example/b/content'], sizeBytes: 3 },
  ],
  recognised: {},
  broken: { find: `md5:${MD5}`, put: 'md5:00', problem: /^item \/files\/0: "00" is no md5 digest/ },
});

const TREE = 'https://hub.example/api/datasets/me/set/tree/0123abc?recursive=true';

listContract({
  format: 'huggingface',
  list: pretty([
    { type: 'directory', oid: SHA1, size: 0, path: 'a' },
    {
      type: 'file',
      oid: SHA1,
      size: 12,
      path: 'a/weights 1#.bin',
      lfs: { oid: SHA256, size: 12, pointerSize: 130 },
      xetHash: SHA256,
    },
    { type: 'file', oid: SHA1, size: 3, path: 'README.md' },
  ]),
  options: { listUrl: TREE },
  entries: [
    {
      name: 'a/weights 1#.bin',
      sources: ['https://hub.example/datasets/me/set/resolve/0123abc/a/weights%201%23.bin'],
      sizeBytes: 12,
      digests: { sha256: SHA256 },
    },
    { name: 'README.md', sources: ['https://hub.example/datasets/me/set/resolve/0123abc/README.md'], sizeBytes: 3 },
  ],
  recognised: {},
  broken: { find: 'README.md', put: '../README.md', problem: /^item \/2: the value of path has \. or \.\./ },
});

listContract({
  format: 'croissant',
  list: pretty({
    '@type': 'sc:Dataset',
    name: 'set',
    distribution: [
      {
        '@type': 'cr:FileObject',
        name: 'a.zip',
        contentUrl: 'https://e.example/a.zip',
        contentSize: '12 MB',
        sha256: SHA256,
      },
      { '@type': 'cr:FileObject', name: 'x.csv', contentUrl: 'x.csv', containedIn: { '@id': 'a.zip' } },
      { '@type': 'cr:FileSet', name: 'all', includes: '*.csv' },
      { '@type': 'sc:FileObject', name: 'b.zip', contentUrl: 'https://e.example/b.zip', md5: MD5 },
    ],
  }),
  entries: [
    { name: 'a.zip', sources: ['https://e.example/a.zip'], aboutBytes: 12_000_000, digests: { sha256: SHA256 } },
    { name: 'b.zip', sources: ['https://e.example/b.zip'], digests: { md5: MD5 } },
  ],
  recognised: {},
  broken: { find: 'https://e.example/b.zip', put: 'fasp://e.example/b.zip', problem: /^item \/distribution\/3: fasp:/ },
});

listContract({
  format: 'stac',
  list: pretty({
    type: 'FeatureCollection',
    features: [
      {
        id: 'i',
        links: [{ rel: 'self', href: 'https://e.example/items/i.json' }],
        assets: {
          b1: { href: './b1.tif', 'file:checksum': `1220${SHA256}`, 'file:size': 12 },
          b2: { href: 's3://bucket/b2.tif' },
        },
      },
    ],
  }),
  entries: [
    { name: 'i/b1.tif', sources: ['https://e.example/items/b1.tif'], sizeBytes: 12, digests: { sha256: SHA256 } },
    { name: 'i/b2.tif', sources: ['s3://bucket/b2.tif'] },
  ],
  recognised: {},
  broken: {
    find: `1220${SHA256}`,
    put: '122000',
    problem: /^item \/features\/0\/assets\/b1: "122000" is no multihash/,
  },
});

listContract({
  format: 'dcat',
  list: pretty({
    conformsTo: 'https://e.example/schema',
    dataset: [
      {
        identifier: 'x',
        title: 't',
        distribution: [
          { downloadURL: 'https://e.example/x.csv', mediaType: 'text/csv' },
          { accessURL: 'https://e.example/page' },
        ],
      },
      {
        identifier: 'https://e.example/id/y',
        distribution: [{ downloadURL: 'https://e.example/d/rows.csv?accessType=DOWNLOAD' }],
      },
    ],
  }),
  entries: [
    { name: 'x/x.csv', sources: ['https://e.example/x.csv'] },
    { name: 'e.example/id/y/rows.csv', sources: ['https://e.example/d/rows.csv?accessType=DOWNLOAD'] },
  ],
  recognised: {},
  broken: {
    find: 'https://e.example/x.csv',
    put: 'no URL',
    problem: /^item \/dataset\/0\/distribution\/0: "no URL" is no URL/,
  },
});

listContract({
  format: 'wikimedia',
  list: pretty({
    jobs: {
      articles: {
        status: 'done',
        files: { 'x-1.bz2': { size: 12, url: '/x/20260101/x-1.bz2', sha1: SHA1, md5: MD5 } },
      },
      history: { files: { 'x-2.bz2': { url: '/x/20260101/x-2.bz2' } }, status: 'in-progress' },
    },
  }),
  options: { listUrl: 'https://dumps.example/x/20260101/dumpstatus.json' },
  entries: [
    {
      name: 'x-1.bz2',
      sources: ['https://dumps.example/x/20260101/x-1.bz2'],
      sizeBytes: 12,
      digests: { sha1: SHA1, md5: MD5 },
    },
  ],
  recognised: {},
  broken: {
    find: '"size": 12',
    put: '"size": 1.5',
    problem: /^item \/jobs\/articles\/files\/x-1\.bz2: the size "1\.5"/,
  },
});

describe('a mapping', () => {
  test('says where items lie and what they are made of', async () => {
    const list = JSON.stringify({ a: { 'b/c': [{ id: 'x y', sum: SHA256, n: '12' }] } });
    const options = {
      format: 'json',
      items: '/a/b~1c',
      url: 'https://e.example/{id}',
      name: '{id}.bin',
      size: '{n}',
      digests: ['sha256:{sum}'],
    } as const;
    expect(await allOf(list, options)).toMatchObject([
      {
        sources: ['https://e.example/x%20y'],
        name: 'x y.bin',
        sizeBytes: 12,
        digests: { sha256: SHA256 },
        at: { pointer: '/a/b~1c/0' },
      },
    ]);
  });

  test.each([
    ['items', { items: 'files' }],
    ['a brace', { url: 'https://e.example/{id' }],
    ['a filter', { url: '{id|upper}' }],
  ])('that is none is refused: %s', async (_, wrong) => {
    await expect(allOf('[{"id":"x"}]', { format: 'json', ...wrong })).rejects.toMatchObject({ code: 'InvalidOption' });
  });

  test('is applied to JSON lines as well', async () => {
    const listed = await allOf(
      '{"files":[{"url":"https://e.example/a"},{"url":"https://e.example/b"}]}\n{"files":[]}\n',
      { format: 'jsonl', items: '/files' },
    );
    expect(listed).toMatchObject([
      { name: 'a', at: { line: 1 } },
      { name: 'b', at: { line: 1 } },
    ]);
  });
});

test('pages of a list name the next one', async () => {
  const list = await listOf(
    JSON.stringify({
      links: [
        { rel: 'self', href: 'x' },
        { rel: 'next', href: '?page=2' },
      ],
      features: [{ id: 'i', assets: { b: { href: 'b.tif' } } }],
    }),
    { listUrl: 'https://e.example/items' },
  );
  expect(list.next()).toBeUndefined();
  for await (const each of list) expect(each).toMatchObject({ name: 'i/b.tif', sources: ['https://e.example/b.tif'] });
  expect(list.next()).toBe('https://e.example/items?page=2');
});

test.each([
  ['cut off', '[{"url":"https://e.example/a"},{"url":', /cut off.*after 1 entries/],
  ['no JSON further on', '[{"url":"https://e.example/a"},x]', /is no JSON/],
  ['nested too deep', `[${'['.repeat(1000)}`, /nested more than 100 deep/],
  ['without items there', '{"a":1}', /no items at \//],
])('a document that is %s', async (_, text, problem) => {
  const options = text.startsWith('{') ? ({ format: 'json', items: '/files' } as const) : ({ format: 'json' } as const);
  await expect(allOf(text, options)).rejects.toMatchObject({
    code: 'InvalidList',
    message: expect.stringMatching(problem),
  });
});

test('a key that is a URL with a secret is not shown', async () => {
  const [invalid] = await allOf('{"https://me:s3cret@e.example/a":{}}', { format: 'json', items: '/*' });
  expect(invalid).toMatchObject({
    kind: 'invalid',
    message: expect.not.stringContaining('s3cret'),
    at: { pointer: expect.not.stringContaining('s3cret') },
  });
});

test('an item that is too large is refused before it is kept, and only that one', async () => {
  const list = JSON.stringify([{ url: 'x'.repeat(5 * 1024 * 1024) }, { url: 'https://e.example/a' }]);
  expect(await allOf(list)).toMatchObject([{ kind: 'invalid', at: { pointer: '/0' } }, { kind: 'entry' }]);
});

test('fields that a prototype has are fields like others', async () => {
  const listed = await allOf(
    '[{"__proto__":{"url":"https://e.example/x"},"url":"https://e.example/a"},{"__proto__":{"url":"https://e.example/x"}}]',
    { format: 'json' },
  );
  expect(listed).toMatchObject([{ kind: 'entry', name: 'a' }, { kind: 'invalid' }]);
});
