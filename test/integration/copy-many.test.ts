import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench } from '../support/batch-bench.ts';
import { patternBytes } from '../support/pattern.ts';

// `copy URL… DEST/`, and a list as an option: habits of cp, aria2c, wget and rclone.

let bench: BatchBench;
let urls: readonly string[];

beforeEach(async () => {
  bench = await batchBench();
  urls = [1, 2, 3].map((seed) => bench.origin.serve(`/f${seed}.bin`, { size: 100 * seed, seed }));
});

afterEach(() => bench[Symbol.asyncDispose]());

test('several sources go into one folder, and nothing else is there', async () => {
  const { exitCode, stdout } = await bench.run('copy', ...urls, 'out/');
  expect(exitCode).toBe(0);
  expect(String(stdout)).toBe([1, 2, 3].map((seed) => `${bench.out(`f${seed}.bin`)}\n`).join(''));
  expect((await readdir(bench.out())).sort()).toEqual(['f1.bin', 'f2.bin', 'f3.bin']);
  expect((await readFile(bench.out('f3.bin'))).equals(patternBytes(0, 300, 3))).toBe(true);
});

test('of those that failed each is named, the others are there, and the exit code is 9', async () => {
  await mkdir(bench.out());
  const none = `${bench.origin.base}/none.bin`;
  const { exitCode, stdout, stderr } = await bench.run('copy', ...urls, none, 'out');
  expect([exitCode, String(stdout).split('\n').length]).toEqual([9, 4]);
  expect(stderr).toMatch(/failed, SourceNotFound: 1\n {2}entry 4 none\.bin: .*none\.bin/);
  expect(stderr).toContain(`to try again what failed: piecework copy ${urls.join(' ')} ${none} out\n`);
  expect(stderr).toContain('1 of 4 sources is not there');
});

test.each([
  ['a file', ['there.txt'], 'there.txt is a file'],
  ['what is not there', ['new'], 'new is not there: end it with a slash to have it made'],
  ['one object', ['s3://bucket/key'], 's3://bucket/key is one object: end it with a slash'],
  ['stdout', ['-'], '- is one stream'],
  ['a URL, since DEST was forgotten', ['https://host/z?token=secret'], 'DEST is missing'],
  [
    'a digest of one file',
    ['out/', '--expect-sha256', 'a'.repeat(64)],
    '--expect-sha256 is of one file, and 3 sources',
  ],
] as const)('%s as DEST of several is refused in a sentence', async (_what, more, sentence) => {
  await writeFile(`${bench.folder}/there.txt`, 'mine');
  const { exitCode, stderr } = await bench.run('copy', ...urls, ...more);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  expect(stderr).not.toContain('token=secret');
  expect(bench.asked()).toBe(0);
  expect(await readFile(`${bench.folder}/there.txt`, 'utf8')).toBe('mine');
});

test('two of one name are refused before anything is asked', async () => {
  const { exitCode, stderr } = await bench.run('copy', ...urls, `${bench.origin.base}/other/f1.bin`, 'out/');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('f1.bin')]);
  expect(bench.asked()).toBe(0);
});

test.each(['--input-file', '--urls'])('the list may be given as %s', async (flag) => {
  const list = await bench.listFile(urls);
  expect((await bench.run('batch', flag, list, 'out')).exitCode).toBe(0);
  expect((await readdir(bench.out())).length).toBe(4);
  const twice = await bench.run('batch', flag, list, list, 'out');
  expect([twice.exitCode, twice.stderr]).toEqual([2, expect.stringContaining(`${flag} gives the list`)]);
});

test('no list, and two, are refused', async () => {
  const none = await bench.run('batch');
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('batch needs LIST')]);
  const two = await bench.run('batch', '--input-file', 'a', '--urls', 'b', 'out');
  expect([two.exitCode, two.stderr]).toEqual([2, expect.stringContaining('two words for the list')]);
});

test('a program may give entries in place of a list', async () => {
  async function* entries() {
    yield { sources: [urls[0] ?? ''], name: 'in/a.bin', sizeBytes: 100 };
    yield { sources: [urls[1] ?? ''], sizeBytes: 1 };
  }
  const report = await bench.bring('', { entries: entries(), list: undefined as never });
  expect(report.counters).toMatchObject({ done: 1, failed: 1 });
  expect(report.failures[0]?.code).toBe('UnexpectedSize');
  expect((await readFile(bench.out('in', 'a.bin'))).length).toBe(100);
});
