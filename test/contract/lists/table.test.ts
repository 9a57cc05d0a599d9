import { describe, expect, test } from 'vitest';
import { allOf, listContract } from './suite.ts';

const SHA256 = '0f'.repeat(32);
const MD5 = 'AB'.repeat(16);

listContract({
  format: 'csv',
  list: `name,size,URL,sha256,remarks\nin/a.bin,12,https://e.example/a,${SHA256},"one, ""two""\nthree"\n"b, c.bin",,"https://e.example/b,c",,\n`,
  entries: [
    { name: 'in/a.bin', sources: ['https://e.example/a'], sizeBytes: 12, digests: { sha256: SHA256 } },
    { name: 'b, c.bin', sources: ['https://e.example/b,c'] },
  ],
  recognised: {},
  broken: { find: 'in/a.bin,12', put: 'in/a.bin,twelve', problem: /^line 2.*: the size "twelve" is no whole number/ },
});

listContract({
  format: 'tsv',
  list: `# made by hand\nlink\tmd5\tpath\tsample\nhttps://e.example/a\t${MD5}\tin/a.bin\t5" tube\nhttps://e.example/b\t\t"b ""x"".bin"\t"\n`,
  entries: [
    { name: 'in/a.bin', sources: ['https://e.example/a'], digests: { md5: MD5.toLowerCase() } },
    { name: 'b _x_.bin', sources: ['https://e.example/b'] },
  ],
  recognised: {},
  broken: { find: MD5, put: 'ABAB', problem: /^line 3.*: "ABAB" is no md5 digest/ },
});

listContract({
  format: 'sts-tsv',
  list: 'TsvHttpData-1.0\nhttps://e.example/d/a%20b\t3\tkAFQmDzST7DWlj99KOF/cg==\nhttps://e.example/c\n',
  entries: [
    {
      name: 'e.example/d/a b',
      sources: ['https://e.example/d/a%20b'],
      sizeBytes: 3,
      digests: { md5: '900150983cd24fb0d6963f7d28e17f72' },
    },
    { name: 'e.example/c', sources: ['https://e.example/c'] },
  ],
  recognised: {},
  broken: { find: 'kAFQmDzST7DWlj99KOF/cg==', put: 'kAFQ', problem: /^line 2.*is no md5 digest/ },
});

describe('a table', () => {
  test('without a header is URL and name', async () => {
    const listed = await allOf('https://e.example/a,in/a.bin\nhttps://e.example/b\n', { fileName: 'x.csv.gz' });
    expect(listed).toMatchObject([{ name: 'in/a.bin' }, { name: 'b' }]);
  });

  test('has semicolons where its header has no comma', async () => {
    expect(await allOf('url;name\nhttps://e.example/a,b;c.bin\n')).toMatchObject([
      { name: 'c.bin', sources: ['https://e.example/a,b'] },
    ]);
  });

  test.each([
    '# made by hand; see the notes, please\nurl;name\nhttps://e.example/a,b;c.bin\n',
    '# a\ttab\n\nurl;name\nhttps://e.example/a,b;c.bin\n',
    '#url;name\nhttps://e.example/a,b;c.bin\n',
  ])('a comment above the header says nothing of what stands between cells: %j', async (list) => {
    for (const options of [{}, { format: 'csv' }, { format: 'multi', separator: '|' }] as const)
      expect(await allOf(list, options)).toMatchObject([{ name: 'c.bin', sources: ['https://e.example/a,b'] }]);
  });

  test('is none where a comment above URLs looks like a header', async () => {
    const list = '# link, made by hand\nhttps://e.example/a\nhttps://e.example/b,c\n';
    expect(await allOf(list)).toMatchObject([{ name: 'a' }, { name: 'b,c' }]);
  });

  test('whose header has no column of URLs says which columns there are', async () => {
    await expect(allOf('id,where\n1,https://e.example/a\n', { format: 'csv' })).rejects.toMatchObject({
      code: 'InvalidList',
      message: expect.stringMatching(/its columns are: id, where\..*--column/),
    });
  });

  test('takes columns by name or number', async () => {
    const list = 'id,where\nx.bin,https://e.example/a\n';
    const named = { format: 'csv', columns: { url: 'WHERE', name: '1' } } as const;
    expect(await allOf(list, named)).toMatchObject([{ name: 'x.bin', sources: ['https://e.example/a'] }]);
    await expect(allOf(list, { format: 'csv', columns: { url: 'nowhere' } })).rejects.toThrow(/no column "nowhere"/);
  });

  test('takes templates, and passes rows over whose cells are empty', async () => {
    const list = 'folder\tid\nhttps://e.example/d%20e/f\ta b/c?d\nna\tx\n';
    const options = {
      format: 'tsv',
      url: '{folder}/{id}_{folder|basename}.gz?of={id}',
      name: '{id}/{folder|basename}',
      skipEmpty: ['na'],
    } as const;
    expect(await allOf(list, options)).toMatchObject([
      { sources: ['https://e.example/d%20e/f/a%20b/c%3Fd_f.gz?of=a%20b%2Fc%3Fd'], name: 'a b/c_d/f' },
    ]);
  });

  test('of which no row names a file is an error', async () => {
    const options = { format: 'tsv', url: '{folder}/x', skipEmpty: ['na'] } as const;
    await expect(allOf('folder\tid\nna\tx\n', options)).rejects.toThrow(/1 rows, of which none names a file/);
  });

  test.each([
    ['a quote that is never closed', 'https://e.example/x,"y\n'],
    ['a quote within a cell', 'https://e.example/x,y"z\n'],
    ['two such lines', 'https://e.example/x,y"z\nhttps://e.example/x,y"z\n'],
  ])('%s costs its own line', async (_, lines) => {
    const listed = await allOf(`url,name\n${lines}https://e.example/a,b.bin\n`, { format: 'csv' });
    const bad = lines.trim().split('\n').length;
    expect(listed.map(({ kind }) => kind)).toEqual([...Array(bad).fill('invalid'), 'entry']);
    expect(listed.at(-1)).toMatchObject({ at: { line: bad + 2 } });
  });

  test('with more cells than its header has a bad row', async () => {
    const listed = await allOf('url,name\nhttps://e.example/a,b,c.bin\n', { format: 'csv' });
    expect(listed).toMatchObject([{ kind: 'invalid', message: expect.stringContaining('3 cells, and the header 2') }]);
  });
});

test.each([
  ['../x', /leads out/],
  ['a/../../x', /leads out/],
  ['/etc/passwd', /absolute/],
  ['C:\\x', /absolute/],
  ['..\\x', /leads out/],
  ['a/', /folder/],
  ['\u202e', /nothing is left/],
  [`${`${'x'.repeat(200)}/`.repeat(6)}y`, /longer than/],
])('the name %j is refused', async (name, problem) => {
  const listed = await allOf(`url\tname\nhttps://e.example/a\t${name}\n`);
  expect(listed).toMatchObject([{ kind: 'invalid', message: expect.stringMatching(problem) }]);
});

test.each([
  ['./a//b.bin', 'a/b.bin'],
  ['a/..b/c:d.bin', 'a/b/c_d.bin'],
  ['CON/x', '_CON/x'],
  ['nul.txt', '_nul.txt'],
  ['com.example', 'com.example'],
  ['a..', 'a'],
])('the name %j is made safe', async (name, safe) => {
  expect(await allOf(`url\tname\nhttps://e.example/a\t${name}\n`)).toMatchObject([{ kind: 'entry', name: safe }]);
});
