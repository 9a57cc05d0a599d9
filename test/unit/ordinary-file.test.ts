import { execFile } from 'node:child_process';
import { glob, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openOrdinary, readOrdinary, readOrdinarySync } from '../../lib/disk/ordinary-file.ts';
import { systemReason } from '../../lib/disk/user-file.ts';

const ROOT = join(import.meta.dirname, '../..');
const BOUNDS = { mostBytes: 100_000 };

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-tests-'));
  await writeFile(at('file'), 'ü'.repeat(40_000));
  await writeFile(at('full'), Buffer.alloc(100_000));
  await writeFile(at('large'), Buffer.alloc(100_001));
  await writeFile(at('empty'), '');
  await mkdir(at('folder'));
  await symlink(at('file'), at('link'));
  await symlink('/dev/zero', at('zero'));
  await symlink(at('nowhere'), at('dangling'));
  await promisify(execFile)('mkfifo', [at('fifo')]);
});
afterEach(() => rm(folder, { recursive: true }));

describe.each([
  ['at once', async (path: string, bounds = BOUNDS) => readOrdinarySync(path, bounds)],
  ['in its time', async (path: string, bounds = BOUNDS) => await readOrdinary(path, bounds)],
])('read %s', (_how, read) => {
  test('an ordinary file, up to as many bytes as are allowed', async () => {
    expect(await read(at('file'))).toBe('ü'.repeat(40_000));
    expect(await read(at('full'))).toHaveLength(100_000);
    expect(await read(at('empty'))).toBe('');
  });

  test.each(['link', 'zero', 'dangling', 'fifo', 'folder', 'large'])('no %s', async (name) => {
    await expect(read(at(name))).rejects.toMatchObject({ code: name === 'large' ? 'EFBIG' : 'EFTYPE' });
  });

  test('a link to an ordinary file, and to nothing else, where the user named it', async () => {
    const bounds = { ...BOUNDS, mayBeLink: true };
    expect(await read(at('link'), bounds)).toHaveLength(40_000);
    for (const name of ['zero', 'fifo', 'folder'])
      await expect(read(at(name), bounds)).rejects.toMatchObject({ code: 'EFTYPE' });
    await expect(read(at('dangling'), bounds)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('what says that it is empty and has more than is allowed', async () => {
    await expect(read('/proc/self/maps', { mostBytes: 10 })).rejects.toMatchObject({ code: 'EFBIG' });
  });
});

test('nothing but an ordinary file is opened to be written', async () => {
  await (await openOrdinary(at('file'), 'write')).close();
  for (const name of ['link', 'zero', 'dangling', 'fifo', 'folder']) {
    for (const access of ['write', 'append'] as const)
      await expect(openOrdinary(at(name), access)).rejects.toMatchObject({ code: 'EFTYPE' });
  }
});

test('a pipe is waited for where the user hands it over', async () => {
  const writing = promisify(execFile)('sh', ['-c', 'echo hello > "$1"', 'sh', at('fifo')]);
  expect(readOrdinarySync(at('fifo'), { ...BOUNDS, mayBePipe: true })).toBe('hello\n');
  await writing;
});

test('no other file is read whole', async () => {
  const readers: string[] = [];
  for await (const path of glob(['lib/**/*.ts', 'cli/**/*.ts'], { cwd: ROOT })) {
    if (!path.startsWith('lib/disk/') && /\breadFile/.test(await readFile(join(ROOT, path), 'utf8')))
      readers.push(path);
  }
  expect(readers).toEqual([]);
});

test('why a file can’t be read is said in words, or as the system does', async () => {
  const why = async (name: string) => systemReason(await readOrdinary(at(name), BOUNDS).catch((error) => error));
  expect(await why('fifo')).toBe('it is no ordinary file');
  expect(await why('zero')).toBe('it is a symbolic link');
  expect(await why('none')).toBe('ENOENT');
});
