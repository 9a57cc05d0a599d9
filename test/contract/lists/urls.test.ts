import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readList } from '../../../lib/lists/read-list.ts';
import { allOf, listContract } from './suite.ts';

listContract({
  format: 'urls',
  list: '# files\nhttps://a.example/x.bin\n\n  ftp://b.example/d/y%20z.bin  \ns3://bucket/k/ü.bin\nhttps://a.example/q?token=s3cret\n',
  entries: [
    { name: 'x.bin', sources: ['https://a.example/x.bin'] },
    { name: 'y z.bin', sources: ['ftp://b.example/d/y%20z.bin'] },
    { name: 'ü.bin', sources: ['s3://bucket/k/ü.bin'] },
    { name: 'q', sources: ['https://a.example/q?token=s3cret'] },
  ],
  recognised: {},
  broken: {
    find: 'ftp://b.example/d/y%20z.bin',
    put: 'fasp://b.example/d/y',
    problem: /^line 4, column 3: fasp:\/\/b\.example/,
  },
});

describe('a line that is no URL', () => {
  test.each([
    ['no scheme', 'a.example/x', /"a\.example\/x" is no URL: it has no scheme/],
    ['no name', 'https://a.example/d/', /has no name/],
    ['a login that is not encoded', 'ftp://me:12/hidden@host/f', /^(?!.*hidden)/],
    ['a secret in its query', 'fasp://a.example/x?token=hidden', /^(?!.*hidden)/],
    ['a token for a name', 'https://a.example/token/0123456789abcdef0123456789abcdef', /^(?!.*0123)/],
    ['a file of this machine', 'file:///etc/passwd', /scheme/],
    ['a NUL', 'https://a.example/x\0y', /control characters/],
    ['too long a line', `https://a.example/${'x'.repeat(1024 * 1024)}`, /longer than/],
  ])('%s', async (_, line, problem) => {
    const [invalid, entry] = await allOf(`${line}\nhttps://a.example/x\n`, { format: 'urls' });
    expect(invalid).toMatchObject({ kind: 'invalid', number: 1, message: expect.stringMatching(problem) });
    expect(entry).toMatchObject({ kind: 'entry', number: 2, at: { line: 2 } });
  });

  test('bytes that are not UTF-8', async () => {
    const [invalid] = await allOf(Buffer.from('https://a.example/\xe9\n', 'latin1'), { format: 'urls' });
    expect(invalid).toMatchObject({ kind: 'invalid', message: expect.stringContaining('not UTF-8') });
  });
});

test('relative URLs belong to the base', async () => {
  const listed = await allOf('sub/x\n../y\n', { format: 'urls', listUrl: 'https://a.example/lists/urls.txt' });
  expect(listed).toMatchObject([{ sources: ['https://a.example/lists/sub/x'] }, { sources: ['https://a.example/y'] }]);
});

test.each(['url,name\n,a.bin\n', 'url,name\n#a,a.bin\n', '[{"url":"#a","name":"a.bin"}]'])(
  'neither nothing nor a comment is the list itself: %j',
  async (list) => {
    const [invalid] = await allOf(list, { listUrl: 'https://a.example/lists/list' });
    expect(invalid).toMatchObject({ kind: 'invalid', number: 1 });
  },
);

test.each([[[]], [[1]], [[30]], [Array.from({ length: 200 }, (_, at) => at)]])(
  'Zstandard of several frames is read to its end, cut at %j',
  async (cuts) => {
    const line = (name: string) => `https://a.example/${name}\n`;
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    const frames = ['a', 'b', 'c'].map((name) => zstdCompressSync(line(name).repeat(name === 'b' ? 5000 : 1)));
    const packed = Buffer.concat([...frames, skippable, zstdCompressSync(''), zstdCompressSync(line('d'))]);
    expect((await allOf(packed, {}, cuts)).length).toBe(5003);
    await expect(allOf(packed.subarray(0, -3), {}, cuts)).rejects.toMatchObject({
      code: 'InvalidList',
      message: expect.stringMatching(/cut off.*after 5002 entries/),
    });
    await expect(allOf(Buffer.concat([packed, Buffer.from('no frame')]), {}, cuts)).rejects.toMatchObject({
      code: 'InvalidList',
      message: expect.stringContaining('damaged'),
    });
  },
);

test.each(['BZh91AY', 'PK\x03\x04', '\xfd7zXZ\0'])('what is packed otherwise is said: %j', async (start) => {
  await expect(allOf(Buffer.from(`${start}0123`, 'latin1'))).rejects.toMatchObject({
    code: 'InvalidList',
    message: expect.stringContaining('unpack it first'),
  });
});

test('an error of the chunks stays what it is', async () => {
  const broken = new Error('connection lost');
  async function* chunks() {
    yield Buffer.from([0x1f, 0x8b, 8, 0]);
    throw broken;
  }
  await expect(readList(chunks())).rejects.toBe(broken);
});
