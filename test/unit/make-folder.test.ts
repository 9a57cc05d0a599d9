import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolder } from '../../lib/disk/make-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-tests-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('makes a folder with those above it, and does not mind that it is there', async () => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolder(path, 0o700);
  makeFolder(path, 0o700);
  for (const made of [path, join(folder, 'a')]) expect((await stat(made)).mode & 0o777).toBe(0o700);
});

it.each(['file', join('file', 'below'), 'dangling', join('dangling', 'below')])(
  'says what stands in the way: %s',
  async (name) => {
    await writeFile(join(folder, 'file'), '');
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
    expect(() => makeFolder(join(folder, name))).toThrow(/EEXIST|ENOTDIR/);
  },
);

it.skipIf(!existsSync('/proc/self'))('ends where a folder is there and can have no children', () => {
  expect(() => makeFolder('/proc/piecework/below')).toThrow('ENOENT');
});
