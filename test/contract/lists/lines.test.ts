import { expect, test } from 'vitest';
import { allOf, gathered, listContract, listOf } from './suite.ts';

const SHA256 = '0f'.repeat(32);
const SHA512 = 'a3'.repeat(64);
const MD5 = 'ab'.repeat(16);
const BASE = 'https://e.example/pub/';

listContract({
  format: 'paths',
  list: 'crawl-data/CC-TEST-2026-01/segments/1/warc/a.warc.gz\nb#c%20d.gz\n',
  options: { base: 'https://e.example/pub' },
  entries: [
    {
      name: 'crawl-data/CC-TEST-2026-01/segments/1/warc/a.warc.gz',
      sources: [`${BASE}crawl-data/CC-TEST-2026-01/segments/1/warc/a.warc.gz`],
    },
    { name: 'b#c%20d.gz', sources: [`${BASE}b%23c%2520d.gz`] },
  ],
  recognised: { fileName: 'warc.paths.gz' },
  broken: { find: 'crawl-data', put: '..', problem: /^line 1, column 1: the name has \.\./ },
});

listContract({
  format: 'checksums',
  list: `${SHA256}  a b.bin\n${MD5} *d/c.bin\n\\${SHA512}  odd\\nname.bin\nSHA256 (e (1).bin) = ${SHA256}\n${MD5}  ./f.bin\n`,
  options: { listUrl: `${BASE}SHA256SUMS` },
  entries: [
    { name: 'a b.bin', sources: [`${BASE}a%20b.bin`], digests: { sha256: SHA256 } },
    { name: 'd/c.bin', sources: [`${BASE}d/c.bin`], digests: { md5: MD5 } },
    { name: 'oddname.bin', sources: [`${BASE}odd%0Aname.bin`], digests: { sha512: SHA512 } },
    { name: 'e (1).bin', sources: [`${BASE}e%20(1).bin`], digests: { sha256: SHA256 } },
    { name: 'f.bin', sources: [`${BASE}f.bin`], digests: { md5: MD5 } },
  ],
  recognised: {},
  broken: { find: 'd/c.bin', put: '../c.bin', problem: /^line 2: the name has \.\./ },
});

listContract({
  format: 'bagit',
  list: 'https://e.example/a%20b 12 data/a b.bin\nhttps://e.example/c\t-\tdata/d/100%25%0A.bin\n',
  entries: [
    { name: 'data/a b.bin', sources: ['https://e.example/a%20b'], sizeBytes: 12 },
    { name: 'data/d/100%.bin', sources: ['https://e.example/c'] },
  ],
  recognised: {},
  broken: { find: 'data/a b.bin', put: 'bagit.txt', problem: /^line 1: its name does not begin with data\// },
});

listContract({
  format: 'aria2',
  list: `# mirrors\nhttps://a.example/x\tfasp://c.example/x\tftp://b.example/x\n  out=x.bin\n  dir=in\n  checksum=sha-256=${SHA256}\n  header=Accept: text/plain\n  max-tries=3\nhttps://a.example/y\n`,
  entries: [
    {
      name: 'in/x.bin',
      sources: ['https://a.example/x', 'ftp://b.example/x'],
      headers: { accept: 'text/plain' },
      digests: { sha256: SHA256 },
    },
    { name: 'y', sources: ['https://a.example/y'] },
  ],
  recognised: {},
  broken: { find: 'https://a.example/y', put: 'magnet:?xt=urn:btih:00', problem: /^line 8, column 1: magnet:/ },
});

listContract({
  format: 'curl',
  list: 'create-dirs\nurl = "https://e.example/a?b=1"\noutput = "in/a \\"x\\".bin"\n# next\n--url https://e.example/c\n-O\nnext\n-o "d.bin"\nurl="https://e.example/d"\nheader = "X-A: b"\nuser-agent = me\nmax-time = 3\n',
  entries: [
    { name: 'in/a _x_.bin', sources: ['https://e.example/a?b=1'] },
    { name: 'c', sources: ['https://e.example/c'] },
    { name: 'd.bin', sources: ['https://e.example/d'], headers: { 'x-a': 'b', 'user-agent': 'me' } },
  ],
  recognised: {},
  broken: { find: '"https://e.example/a?b=1"', put: '"https://e.example/a?b=1', problem: /^line 2: .*quotes/ },
});

test('checksums that are signed: the signature is not verified, which is said; sizes are taken', async () => {
  const list = await listOf(
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# disk.img: 12 bytes\nSHA256 (disk.img) = ${SHA256}\n- # x: 3 bytes\nSHA384 (x) = ${'0e'.repeat(48)}\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n=abcd\n-----END PGP SIGNATURE-----\n`,
    { listUrl: `${BASE}CHECKSUM` },
  );
  const listed = await gathered(list);
  expect(listed).toMatchObject([
    { name: 'disk.img', sizeBytes: 12, digests: { sha256: SHA256 } },
    { name: 'x', sizeBytes: 3, digests: {}, unprovedDigests: ['sha384'] },
  ]);
  expect(list.notes()).toEqual([{ message: 'line 1: its signature is not verified', at: { line: 1 }, times: 1 }]);
});

test.each([
  ['paths', 'a/./b.bin\n'],
  ['checksums', `${MD5}  ././a/./b.bin\n`],
] as const)('%s: a segment that is . leads nowhere', async (format, list) => {
  expect(await allOf(list, { format, base: 'https://e.example/d' })).toMatchObject([
    { name: 'a/b.bin', sources: ['https://e.example/d/a/b.bin'] },
  ]);
});

test('names without a base are an error of the list', async () => {
  await expect(allOf(`${SHA256}  a\n`)).rejects.toMatchObject({
    code: 'InvalidList',
    message: expect.stringContaining('--base'),
  });
  await expect(allOf('a/b\n', { format: 'paths' })).rejects.toMatchObject({ code: 'InvalidList' });
});

test('options that are passed over are said once', async () => {
  const list = await listOf(
    'https://a.example/x\n  max-tries=3\nhttps://a.example/y\n  max-tries=3\n  dir=/home/me\n',
    { format: 'aria2' },
  );
  await gathered(list);
  expect(list.notes()).toMatchObject([
    { message: 'line 2: the option "max-tries" is passed over', times: 2 },
    { message: 'line 5: the option "dir" is passed over', times: 1 },
  ]);
});

test.each([
  ['urls', `${SHA256}  a.bin\n`, /said to be urls, but looks like checksums/],
  ['csv', '{"url":"https://e.example/a"}\n', /said to be csv, but looks like jsonl/],
  ['checksums', 'https://e.example/a\n', /said to be checksums, but looks like urls/],
  ['zenodo', 'url,name\nhttps://e.example/a,b\n', /looks like csv: its header/],
] as const)('a list that is said to be %s and is not', async (format, text, problem) => {
  await expect(allOf(text, { format, base: BASE })).rejects.toMatchObject({
    code: 'InvalidList',
    message: expect.stringMatching(problem),
  });
});

test.each(['\0\0\0\0', 'h\0t\0t\0p\0s\0', 'what is this\nno list\n'])('%j is not recognised', async (text) => {
  await expect(allOf(text)).rejects.toMatchObject({ code: 'InvalidList' });
});
