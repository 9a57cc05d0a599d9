import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { FolderRecords } from '../../lib/records/folder/records.ts';
import { folderRecords } from '../../lib/records/folder/records.ts';
import type { RecordKey } from '../../lib/records/records.ts';
import { startChild } from '../support/child.ts';
import { failureOf } from '../support/reading.ts';
import { recordsContract } from './records.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'piecework-records-'));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

/** A folder that does not exist yet. */
async function emptyFolder(): Promise<string> {
  return join(await mkdtemp(join(root, 'case-')), 'state');
}

recordsContract('folder', async () => {
  const folder = await emptyFolder();
  return { records: folderRecords({ folder, pageSize: 3 }), again: () => folderRecords({ folder, pageSize: 3 }) };
});

recordsContract('folder, whose locks are kept for a moment', async () => {
  const folder = await emptyFolder();
  const open = () => folderRecords({ folder, pageSize: 3, keepsLocks: true });
  return { records: open(), again: open };
});

const KEY: RecordKey<{ readonly count: number }> = { path: 'transfers/a.json' };

describe('records in a folder', () => {
  test('are readable by their owner only, and leave nothing else lying there', async () => {
    const folder = await emptyFolder();
    const records = folderRecords({ folder });
    await records.put(KEY, { count: 1 }, 'absent');
    const modes = await Promise.all(
      ['', 'transfers', 'transfers/a.json'].map(async (name) => (await stat(join(folder, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o700, 0o600]);
    expect(await readdir(join(folder, 'transfers'))).toEqual(['a.json']);
    await records.delete(KEY);
    expect(await readdir(join(folder, 'transfers'))).toEqual([]);
  });

  test.for([
    ['cut off', '{"v":1,"version":"a","val'],
    ['empty', ''],
    ['of zeros', '\0'.repeat(100)],
    ['of another shape', '{"count":1}'],
    ['null', 'null'],
    ['with no object in it', '{"v":1,"version":"a","value":null}'],
    ['with a text in it', '{"v":1,"version":"a","value":"x"}'],
  ])('that are damaged (%s) are set aside with a warning, and their key is free again', async ([, content]) => {
    const folder = await emptyFolder();
    const warnings: string[] = [];
    const records = folderRecords({ folder, warn: (sentence) => warnings.push(sentence) });
    const version = await records.put(KEY, { count: 1 }, 'absent');
    const file = join(folder, 'transfers/a.json');
    await writeFile(file, content ?? '');

    await failureOf(records.get(KEY), 'RecordCorrupt');
    expect(warnings).toHaveLength(1);
    const [aside] = await readdir(join(folder, 'transfers'));
    expect(aside).toMatch(/^a\.json~corrupt-/);
    expect(warnings[0]).toContain(aside);
    expect(await readFile(join(folder, 'transfers', aside ?? ''), 'utf8')).toBe(content);
    expect((await records.list('')).paths).toEqual([]);

    expect(await records.get(KEY)).toBeUndefined();
    await failureOf(records.put(KEY, { count: 2 }, version), 'Conflict');
    await records.put(KEY, { count: 3 }, 'absent');
    expect((await records.get(KEY))?.value).toEqual({ count: 3 });
  });

  test('hold nothing that a terminal would act on, and the same value', async () => {
    const folder = await emptyFolder();
    const key: RecordKey<{ readonly name: string }> = { path: 'transfers/a.json' };
    const value = { name: 'a\u001b[2J\u009b\u0085\u202e\u2028é' };
    await folderRecords({ folder }).put(key, value, 'absent');
    expect(await readFile(join(folder, key.path), 'utf8')).toMatch(/^[\x20-\x7eé]*\n$/);
    expect((await folderRecords({ folder }).get(key))?.value).toEqual(value);
  });

  test('have paths that stay in the folder', async () => {
    const folder = await emptyFolder();
    const records = folderRecords({ folder });
    for (const path of ['../a', 'a/../../b', 'a/..', '/a', 'a/', 'a//b', 'a', 'a/b~c', 'a/b+c', 'a/b\0']) {
      await failureOf(records.put({ path }, {}, 'absent'), 'Internal');
    }
    expect(await readdir(join(folder, '..'))).toEqual([]);
  });

  test('a folder that can not be written is said to be so', async () => {
    const folder = await emptyFolder();
    await writeFile(folder, 'a file');
    const error = await failureOf(folderRecords({ folder }).put(KEY, { count: 1 }, 'absent'), 'DestinationNotWritable');
    expect(error.message).toContain(folder);
  });

  test('a damaged one among many is set aside, and left out', async () => {
    const folder = await emptyFolder();
    const warnings: string[] = [];
    const records = folderRecords({ folder, warn: (sentence) => warnings.push(sentence) });
    await records.put(KEY, { count: 1 }, 'absent');
    const other: RecordKey<{ count: number }> = { path: 'transfers/b.json' };
    await records.put(other, { count: 2 }, 'absent');
    await writeFile(join(folder, KEY.path), 'no JSON');
    expect(await records.getMany?.([KEY, other])).toEqual([undefined, { count: 2 }]);
    expect([warnings.length, (await records.list('')).paths]).toEqual([1, [other.path]]);
  });

  test.each(['let go', 'keep'])('two processes that add 100 times each add 200 (locks: %s)', async (locks) => {
    const folder = await emptyFolder();
    const children = [0, 1].map(() =>
      startChild(new URL('../support/increment-record.ts', import.meta.url), [folder, KEY.path, '100', locks]),
    );
    expect(await Promise.all(children.map((child) => child.ended()))).toEqual([0, 0]);
    const counts = children.flatMap((child) => child.lines.map(Number)).sort((a, b) => a - b);
    expect(counts).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect((await folderRecords({ folder }).get(KEY))?.value).toEqual({ count: 200 });
    expect(await readdir(join(folder, 'transfers'))).toEqual(['a.json']);
  });

  test('what is written once is written by one of many, without a lock, and leaves nothing', async () => {
    const folder = await emptyFolder();
    const once: RecordKey<{ readonly count: number }> = { path: 'active/a/1', once: true };
    const writers = Array.from({ length: 8 }, () => folderRecords({ folder }));
    const put = async (records: FolderRecords) => await records.put(once, { count: 1 }, 'absent').catch(() => 'there');
    await Promise.all(writers.map(put));
    expect((await folderRecords({ folder }).get(once))?.value).toEqual({ count: 1 });
    await failureOf(folderRecords({ folder }).put(once, { count: 2 }, 'absent'), 'Conflict');
    expect(await readdir(join(folder, 'active'))).toEqual(['a+1']);
    // As a writer leaves it who was killed before it had the name.
    await writeFile(join(folder, 'active', 'a+1~new'), '{"v":');
    await Promise.all(writers.map((records) => records.delete(once)));
    expect(await readdir(join(folder, 'active'))).toEqual([]);
  });

  test('a lock that is kept is given back a moment later, or when the records are let go of', async () => {
    const folder = await emptyFolder();
    const names = () => readdir(join(folder, 'transfers'));
    {
      await using records = folderRecords({ folder, keepsLocks: true });
      await records.put(KEY, { count: 1 }, await records.put(KEY, { count: 0 }, 'absent'));
      expect(await names()).toEqual(['a.json', 'a.json~lock']);
    }
    expect(await names()).toEqual(['a.json']);
    const records = folderRecords({ folder, keepsLocks: true });
    const now = await records.get(KEY);
    const version = await records.put(KEY, { count: 2 }, now?.version ?? 'absent');
    await vi.waitFor(async () => expect(await names()).toEqual(['a.json']));
    await folderRecords({ folder }).put(KEY, { count: 3 }, version);
    await failureOf(records.put(KEY, { count: 4 }, version), 'Conflict');
  });

  test('a writer killed at any moment leaves the old record or the new one, and nobody locked out', async () => {
    const folder = await emptyFolder();
    const warnings: string[] = [];
    const records = folderRecords({ folder, warn: (sentence) => warnings.push(sentence) });
    await records.put(KEY, { count: 0 }, 'absent');
    let stored = 0;
    for (let round = 0; round < 12; round += 1) {
      const child = startChild(new URL('../support/increment-record.ts', import.meta.url), [
        folder,
        KEY.path,
        '1000000',
      ]);
      await child.line(0);
      await delay(Math.random() * 20);
      await child.kill();
      const last = Number(child.lines.at(-1));
      expect(last).toBeGreaterThan(stored);
      const found = await records.get(KEY);
      // Killed after the write and before its answer.
      expect([last, last + 1]).toContain(found?.value.count);
      stored = (found?.value.count ?? 0) + 1;
      await records.put(KEY, { count: stored }, found?.version ?? 'absent');
    }
    expect((await records.get(KEY))?.value).toEqual({ count: stored });
    expect(warnings).toEqual([]);
  });
});
