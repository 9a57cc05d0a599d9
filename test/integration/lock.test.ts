import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { removeDeadLocks } from '../../lib/disk/dead-locks.ts';
import { acquireLock, lockHolder } from '../../lib/disk/lock.ts';
import { startChild } from '../support/child.ts';
import { failureOf } from '../support/reading.ts';

let root: string;
let folder: string;
let path: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'piecework-lock-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'case-'));
  path = join(folder, 'the.lock');
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

const what = 'the file';

/** Files that lead on to each other, of holders who are long dead. */
async function plant(ids: readonly string[], leadsTo: (at: number) => string): Promise<void> {
  const holder = (id: string) => JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), id });
  for (const [at, id] of ids.entries()) await writeFile(at === 0 ? path : leadsTo(at), holder(id));
}

const idOf = (number: number) => number.toString(16).padStart(16, '0');

describe('what somebody else put in the place of a lock', () => {
  test('a successor of its own id', async () => {
    await plant([idOf(1), idOf(1)], () => `${path}.after-${idOf(1)}`);
    await failureOf(acquireLock(path, { what }), 'DestinationLocked');
    await failureOf(lockHolder(path), 'DestinationLocked');
  });

  test('two that lead to each other', async () => {
    await plant([idOf(1), idOf(2), idOf(1)], (at) => `${path}.after-${idOf(at)}`);
    await failureOf(acquireLock(path, { what }), 'DestinationLocked');
  });

  test('a chain of a thousand', async () => {
    await plant(
      Array.from({ length: 1000 }, (_, at) => idOf(at)),
      (at) => `${path}.after-${idOf(at - 1)}`,
    );
    const error = await failureOf(acquireLock(path, { what }), 'DestinationLocked');
    expect(error.message).toContain('delete it');
  });

  test.each([
    ['a link to a file without end', () => symlink('/dev/zero', path)],
    ['a link that leads nowhere', () => symlink(join(folder, 'none'), path)],
    ['a link to a lock of somebody else', () => symlink(join(folder, 'other.lock'), path)],
    ['a FIFO', () => promisify(execFile)('mkfifo', [path])],
    ['a folder', () => mkdir(path)],
    ['a file of 1 MiB', () => writeFile(path, Buffer.alloc(2 ** 20, ' '))],
  ])('%s', async (_what, put) => {
    await (await acquireLock(join(folder, 'other.lock'), { what })).release();
    await put();
    const error = await failureOf(acquireLock(path, { what }), 'DestinationLocked');
    expect(error.message).toContain(path);
    await failureOf(lockHolder(path), 'DestinationLocked');
    expect(await readdir(folder)).toEqual(['the.lock']);
  });
});

describe('a lock', () => {
  test('is held once, names its holder, and is free when released', async () => {
    const lock = await acquireLock(path, { what });
    const error = await failureOf(acquireLock(path, { what }), 'DestinationLocked');
    expect(error.message).toContain(`process ${process.pid}`);
    expect(error.message).toContain(what);
    expect(await lockHolder(path)).toMatchObject({ pid: process.pid, host: hostname() });
    await lock.release();
    await lock.release();
    expect(await lockHolder(path)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
    await (await acquireLock(path, { what })).release();
  });

  test('is waited for by whoever is patient', async () => {
    const first = await acquireLock(path, { what });
    const second = acquireLock(path, { what, patienceMs: 30_000 });
    await first.release();
    await (await second).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a living process is respected, of one killed with SIGKILL taken over', async () => {
    const child = startChild(new URL('../support/hold-lock.ts', import.meta.url), [path]);
    await child.line(0);
    try {
      const error = await failureOf(acquireLock(path, { what }), 'DestinationLocked');
      expect(error.details).toMatchObject({ pid: child.process.pid });
      expect(await lockHolder(path)).toMatchObject({ pid: child.process.pid });
    } finally {
      await child.kill();
    }
    expect(await lockHolder(path)).toBeUndefined();
    const lock = await acquireLock(path, { what });
    expect(await lockHolder(path)).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a process number that was given out again is taken over', async () => {
    await (await acquireLock(path, { what })).release();
    await writeFile(path, JSON.stringify({ ...(await template()), started: '1' }));
    await (await acquireLock(path, { what })).release();
    await writeFile(path, JSON.stringify({ ...(await template()), boot: 'another start of this machine' }));
    await (await acquireLock(path, { what })).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of another host is respected, saying which file to delete', async () => {
    await writeFile(path, JSON.stringify({ ...(await template()), pid: 2 ** 22 + 1, host: 'elsewhere' }));
    const error = await failureOf(acquireLock(path, { what }), 'DestinationLocked');
    expect(error.message).toContain('elsewhere');
    expect(error.message).toContain(path);
  });

  test.for(['', '{"pid":', '[]', 'null'])('that can not be read (%j) is taken over', async (content) => {
    await writeFile(path, content);
    expect(await lockHolder(path)).toBeUndefined();
    const lock = await acquireLock(path, { what });
    expect(await lockHolder(path)).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('whose taker died halfway is taken over from the taker', async () => {
    const dead = { ...(await template()), started: '1' };
    const [first, second] = ['a'.repeat(16), 'b'.repeat(16)];
    await writeFile(path, JSON.stringify({ ...dead, id: first }));
    await writeFile(`${path}.after-${first}`, JSON.stringify({ ...dead, id: second }));
    const lock = await acquireLock(path, { what });
    expect(await lockHolder(path)).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('whose taker lives is respected, though the file itself names a dead one', async () => {
    const live = await template();
    const first = 'a'.repeat(16);
    await writeFile(path, JSON.stringify({ ...live, started: '1', id: first }));
    await writeFile(`${path}.after-${first}`, JSON.stringify(live));
    await failureOf(acquireLock(path, { what }), 'DestinationLocked');
    expect(await lockHolder(path)).toMatchObject({ pid: process.pid });
  });

  test('released late does not take another one away', async () => {
    const lock = await acquireLock(path, { what });
    await rm(path);
    const other = await acquireLock(path, { what });
    await lock.release();
    expect(await lockHolder(path)).toBeDefined();
    await other.release();
  });

  test('sweeps up what killed ones left, and no more', async () => {
    const dead = { ...(await template()), started: '1' };
    const left = ['the.lock.1111111111111111', 'the.lock.after-2222222222222222'];
    for (const name of left) await writeFile(join(folder, name), JSON.stringify(dead));
    const draft = join(folder, 'the.lock.3333333333333333');
    await writeFile(draft, JSON.stringify(await template()));
    await link(draft, join(folder, 'the.lock.txt.keep'));
    const lock = await acquireLock(path, { what, sweep: true });
    await lock.release();
    expect(await readdir(folder)).toEqual(['the.lock.3333333333333333', 'the.lock.txt.keep']);
  });

  test('where a dead holder is taken over from, what one left who died while taking over goes too', async () => {
    const dead = { ...(await template()), started: '1' };
    await writeFile(path, JSON.stringify(dead));
    // Killed after its own file had become the lock, and before this name of it was gone.
    await writeFile(`${path}.after-2222222222222222`, JSON.stringify(dead));
    const lock = await acquireLock(path, { what });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('is never held by two, though many processes take it and die with it', async () => {
    const witness = join(folder, 'witness');
    for (let round = 0; round < 3; round += 1) {
      const children = Array.from({ length: 5 }, () =>
        startChild(new URL('../support/race-for-lock.ts', import.meta.url), [path, witness, '100']),
      );
      // Each dies holding the lock; one that saw a second holder would have ended with an error before.
      expect(await Promise.all(children.map((child) => child.ended()))).toEqual([null, null, null, null, null]);
    }
    const lock = await acquireLock(path, { what, sweep: true });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });
});

/** What a lock of this very process says. */
async function template(): Promise<object> {
  const other = join(root, 'template.lock');
  const lock = await acquireLock(other, { what });
  const content = JSON.parse(await readFile(other, 'utf8'));
  await lock.release();
  return content;
}

describe('what nothing locks again', () => {
  const lockOf = (name: string) => /^(\w+\.lock)(?:\..+)?$/.exec(name)?.[1];

  test('is removed where its holder is dead, with what else the dead left', async () => {
    await plant([idOf(1), idOf(2)], () => `${path}.after-${idOf(1)}`);
    const draft = JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), id: idOf(3) });
    await writeFile(join(folder, `other.lock.${idOf(3)}`), draft);
    // Killed between the making of a file and its first byte.
    await writeFile(join(folder, `other.lock.${idOf(4)}`), '');
    await writeFile(join(folder, 'a file'), 'of its own');
    const seen: string[] = [];
    await removeDeadLocks(folder, lockOf, async (lock) => void seen.push(lock));
    expect(await readdir(folder)).toEqual(['a file']);
    expect(seen.sort()).toEqual([join(folder, 'other.lock'), path]);
  });

  test('is written again by a process that runs where another one swept it away unwritten', async () => {
    await using held = await acquireLock(path, { what });
    const waiting = acquireLock(path, { what, patienceMs: 60_000 });
    const drafts = async () => (await readdir(folder)).filter((name) => name !== 'the.lock');
    await expect.poll(drafts).toHaveLength(1);
    for (const name of await drafts()) await rm(join(folder, name));
    await held.release();
    await using _lock = await waiting;
    expect(await readdir(folder)).toEqual(['the.lock']);
  });

  test('is left where it is held', async () => {
    await using _held = await acquireLock(path, { what });
    const seen: string[] = [];
    await removeDeadLocks(folder, lockOf, async (lock) => void seen.push(lock));
    expect(await lockHolder(path)).toMatchObject({ pid: process.pid });
    expect(seen).toEqual([]);
  });

  test('of a folder that is not there is nothing', async () => {
    await removeDeadLocks(join(folder, 'none'), lockOf);
  });
});
