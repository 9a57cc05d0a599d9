import { appendFileSync, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench } from '../support/batch-bench.ts';
import { failureOf } from '../support/reading.ts';

// Bad input on the real command line: a sentence, an exit code, and nothing lost.

let bench: BatchBench;
let good: string;

beforeEach(async () => {
  bench = await batchBench();
  good = bench.origin.serve('/good.bin', { size: 100, seed: 1, lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' });
});

afterEach(() => bench[Symbol.asyncDispose]());

/** Ten to the ninth times `lol`, where they are expanded. */
const BOMB = `<?xml version="1.0"?><!DOCTYPE m [<!ENTITY l1 "lol">${Array.from(
  { length: 8 },
  (_, index) => `<!ENTITY l${index + 2} "${`&l${index + 1};`.repeat(10)}">`,
).join(
  '',
)}]><metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="&l9;"><url>https://h/a</url></file></metalink>`;

const CUT = gzipSync(Array.from({ length: 5000 }, (_, index) => `https://h/${index}.bin\n`).join('')).subarray(0, 9000);

describe('what is no list is refused before anything is asked, and nothing is written', () => {
  test.each([
    ['an empty list', 'list.txt', '', 'the list is empty'],
    ['one of comments', 'list.txt', '# none today\n\n', 'the list has comments and no entries'],
    [
      'one without a column of URLs',
      'list.csv',
      'id,title\n1,a\n',
      'its columns are: id, title. Say which one does (--column NAME)',
    ],
    [
      'two entries with one name',
      'list.csv',
      'url,name\nhttps://h/a,x\nhttps://h/b,x\n',
      'entry 1 has the name "x" too; nothing was begun: --on-collision number',
    ],
    ['a gzip that is cut off', 'list.gz', CUT, 'the list is cut off: its gzip has no end'],
    ['an XML bomb', 'list.meta4', BOMB, 'entities are never expanded'],
    [
      'more than there is room for',
      'list.csv',
      'url,name,size\nhttps://h/a,a,900000000000000\n',
      'not enough space in',
    ],
  ] as const)('%s', async (_what, name, content, sentence) => {
    await writeFile(join(bench.folder, name), content);
    const { exitCode, stderr, stdout } = await bench.run('batch', name, 'out');
    expect([exitCode, stderr]).toEqual([sentence.startsWith('not enough') ? 6 : 2, expect.stringContaining(sentence)]);
    expect(stderr.trimEnd().split('\n').length).toBe(1);
    // Nor is the folder left that was made to see whether there is room.
    expect([String(stdout), existsSync(bench.out())]).toEqual(['', false]);
  });

  test.each([
    ['nowhere.txt', 'there is no list nowhere.txt'],
    ['.', '. is a folder, and no list'],
  ])('a list that is not there: %s', async (name, sentence) => {
    const { exitCode, stderr } = await bench.run('batch', name, 'out/of/three');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(sentence)]);
    expect(existsSync(bench.out())).toBe(false);
  });

  test('a list of another kind than it says', async () => {
    const list = await bench.listFile([good]);
    const { exitCode, stderr } = await bench.run('batch', list, 'out', '--format', 'metalink');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is said to be metalink, but looks like urls')]);
    expect(bench.asked()).toBe(0);
  });

  test('a list that is changed while it is read', async () => {
    const list = await bench.listFile(Array.from({ length: 50_000 }, (_, index) => `${good}?${index},${index}.bin`));
    const writing = setInterval(() => appendFileSync(list, `${good}?more,more.bin\n`), 1);
    using _stopped = { [Symbol.dispose]: () => clearInterval(writing) };
    const error = await failureOf(bench.bring(list, { list: { from: list, format: 'csv' } }), 'InvalidList');
    expect(error.message).toContain('was changed while it was read; nothing was begun');
    expect(bench.asked()).toBe(0);
  });
});

describe('a line that is none is an outcome, and the others are there', () => {
  test.each([
    ['no name, and a URL without one', 'urls', (base: string) => `${base}/`, 'has no name for a file'],
    ['a name that leads out', 'csv', (base: string) => `${base}/a,../../x`, 'leads out of its folder'],
    ['an absolute name', 'csv', (base: string) => `${base}/a,/etc/x`, 'the name is absolute'],
    ['a size that is none', 'csv', (base: string) => `${base}/a,a,12x`, 'the size "12x" is no whole number'],
    ['a digest that is none', 'csv', (base: string) => `${base}/a,a,,zz`, '"zz" is no sha256 digest'],
    ['1 MiB in one line', 'urls', (base: string) => `${base}/${'a'.repeat(1024 ** 2)}`, 'is longer than 262144'],
  ] as const)('%s', async (_what, kind, lineOf, sentence) => {
    const bad = lineOf(bench.origin.base);
    const lines = kind === 'csv' ? ['url,name,size,sha256', bad, `${good},good.bin,,`] : [bad, good];
    const list = await bench.listFile(lines, `list.${kind === 'csv' ? 'csv' : 'txt'}`);
    const { exitCode, stderr } = await bench.run('batch', list, 'out');
    expect([exitCode, stderr]).toEqual([9, expect.stringContaining(sentence)]);
    expect(stderr).toMatch(/failed, InvalidEntry: 1\n {2}entry 1: line/);
    expect((await readFile(bench.out('good.bin'))).length).toBe(100);
    // Nothing beside or above the folder.
    expect((await readdir(bench.folder)).sort()).toEqual(expect.arrayContaining(['out']));
    expect((await readdir(bench.out())).length).toBe(2);
  });
});

describe('a place that can not be written to', () => {
  test('a file as DEST, and a file above it', async () => {
    const list = await bench.listFile([good]);
    await writeFile(join(bench.folder, 'file'), 'mine');
    const onto = await bench.run('batch', list, 'file');
    expect([onto.exitCode, onto.stderr]).toEqual([
      6,
      expect.stringContaining('/file is a file, and a folder is needed there'),
    ]);
    const below = await bench.run('batch', list, 'file/sub');
    expect([below.exitCode, below.stderr]).toEqual([6, expect.stringContaining('a part of its path is a file')]);
    expect([await readFile(join(bench.folder, 'file'), 'utf8'), bench.asked()]).toEqual(['mine', 0]);
  });

  test('of the report: the batch ends, says so, and the report is in the state folder', async () => {
    const list = await bench.listFile([good]);
    const { exitCode, stdout, stderr } = await bench.run(
      'batch',
      list,
      'out',
      '--report',
      '/nonexistent/folder/r.jsonl',
    );
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('warning: the report could not be written')]);
    const kept = String(stdout).trim();
    expect(JSON.parse(await readFile(kept, 'utf8'))).toMatchObject({ entry: 1, kind: 'done' });
    expect((await readdir(bench.out())).sort()).toEqual(['good.bin']);
  });

  test('of one entry: its folder is a file in the destination', async () => {
    await mkdir(bench.out());
    await writeFile(bench.out('in'), 'mine');
    const list = await bench.listFile(['url,name', `${good},in/a.bin`, `${good},b.bin`], 'list.csv');
    const { exitCode, stderr } = await bench.run('batch', list, 'out');
    expect([exitCode, stderr]).toEqual([9, expect.stringContaining('failed, DestinationNotWritable: 1')]);
    expect([await readFile(bench.out('in'), 'utf8'), (await readFile(bench.out('b.bin'))).length]).toEqual([
      'mine',
      100,
    ]);
  });

  test('what is there already needs no room', async () => {
    const { bavail, bsize } = await statfs(bench.folder);
    await mkdir(bench.out());
    const sizeBytes = bavail * bsize * 2;
    await writeFile(bench.out('huge.bin'), '');
    const isSparse = await truncate(bench.out('huge.bin'), sizeBytes).then(
      () => true,
      () => false,
    );
    if (!isSparse) return;
    const huge = bench.origin.serve('/huge.bin', (_request, response) => void response.writeHead(404).end());
    const list = await bench.listFile(
      ['url,name,size', `${huge},huge.bin,${sizeBytes}`, `${good},b.bin,100`],
      'list.csv',
    );
    expect((await bench.bring(list)).counters).toMatchObject({ done: 1, failed: 1 });
  });
});
