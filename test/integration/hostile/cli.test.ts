import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCli } from '../../support/cli-process.ts';
import { close, from, HTML } from '../../support/hostile-lies.ts';
import type { Handler, Origin } from '../../support/origin.ts';
import { startOrigin } from '../../support/origin.ts';
import type { Resource } from '../../support/origin-resource.ts';
import { patternBytes } from '../../support/pattern.ts';

// What a person sees of a hostile source: an exit code, one sentence, and nothing on the disk.

const SIZE = 4 * 1024 ** 2 + 321;
const honest: Resource = { size: SIZE };

let home: string;
let origin: Origin;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-hostile-cli-'));
  await mkdir(join(home, 'files'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function copy(what: Resource | Handler, ...options: readonly string[]) {
  const url = origin.serve('/file.bin', what);
  const args = ['copy', url, '--piece-size', '1MiB', '--parallel', '2', '--hold', '0', ...options];
  return await startCli(args, { cwd: join(home, 'files'), environment: { HOME: home } }).ended;
}

const CASES: readonly (readonly [
  what: string,
  Resource | Handler,
  readonly string[],
  exitCode: number,
  says: string,
])[] = [
  [
    'another version in the middle',
    from(3, honest, { ...honest, etag: '"v2"' }),
    ['--on-source-change', 'fail'],
    5,
    'ETag',
  ],
  ['a page in place of a piece', from(3, honest, HTML), ['--on-source-change', 'restart'], 5, 'HTML page'],
  ['no answer at all', close, ['--max-attempts', '1'], 4, 'without an answer'],
  ['a deadline that passes', { ...honest, bytesPerSecond: 100 }, ['--deadline', '1s'], 4, 'deadline'],
];

test.each(CASES)('%s', async (_what, source, options, exitCode, says) => {
  const ended = await copy(source, ...options);
  expect(ended).toMatchObject({ exitCode, signal: null });
  expect(ended.stdout.toString()).toBe('');
  expect(ended.stderr).toMatch(/^piecework: /m);
  expect(ended.stderr).toContain(says);
  expect(await readdir(join(home, 'files'))).toEqual([]);
});

test('a server that ignores ranges from the third request on: the right bytes', async () => {
  const ended = await copy(from(3, honest, { ...honest, ignoreRange: true }));
  expect(ended.exitCode).toBe(0);
  expect((await readFile(join(home, 'files', 'file.bin'))).equals(patternBytes(0, SIZE))).toBe(true);
  expect(await readdir(join(home, 'files'))).toEqual(['file.bin']);
});
