import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Destination, ObjectSpec, Proof, UploadRef } from '../../lib/destinations/destination.ts';
import { fileDestination } from '../../lib/destinations/file/destination.ts';
import { openLocal } from '../../lib/index.ts';
import { crc32 } from '../../lib/integrity/crc32.ts';
import { folderRecords } from '../../lib/records/folder/records.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

// Files that another user put where Piecework keeps its own, in a folder that both may write. (Of locks: lock.test.ts.)

const BYTES = patternBytes(0, 20_000);
const PIECE = 10_000;

let folder: string;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-planted-'));
  warnings = [];
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const warn = (sentence: string) => void warnings.push(sentence);

/** What is put in a file's place, by the way in which it would do harm. */
const PLANTED: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['a link to what never ends', (path) => symlink('/dev/zero', path)],
  ['a FIFO', (path) => promisify(execFile)('mkfifo', [path])],
  ['a link to a file of ours', (path) => symlink(at('own'), path)],
];

describe('an unfinished file', () => {
  const target = { kind: 'file' as const, path: '' };

  async function begin(): Promise<UploadRef> {
    await using files = fileDestination({ warn });
    const object: ObjectSpec = {
      target: { ...target, path: at('o') },
      token: 'TRANSFER.PLAN',
      validator: { kind: 'none' },
      settings: {},
      sizeBytes: BYTES.length,
      pieceSizeBytes: PIECE,
    };
    const upload = await files.createUpload(object, call());
    await send(files, upload, 1);
    return upload;
  }

  test.each([
    ['another file', (path: string) => writeFile(path, 'other'.repeat(BYTES.length / 5))],
    ...PLANTED,
  ] as const)('that was replaced by %s since its bytes were proved is not given the name', async (_what, plant) => {
    await writeFile(at('own'), BYTES);
    const upload = await begin();
    await using files = fileDestination({ warn });
    for (const number of [1, 2]) await send(files, upload, number);
    const { proof } = files;
    if (proof.kind !== 'upload') throw new Error('a file is proved in its upload');
    expect(await readAll(await proof.read(upload, BYTES.length, call()))).toEqual(BYTES);
    const partial = at((await readdir(folder)).find((name) => name.endsWith('.part')) ?? '');
    await rename(partial, at('taken away'));
    await plant(partial);
    for (const condition of ['none', 'absent'] as const) {
      const error = await failureOf(files.completeUpload(upload, proofFor(upload, condition), call()), 'UploadLost');
      expect(error.message).toMatch(/\.part was replaced by something else/);
      expect(await readdir(folder)).not.toContain('o');
    }
  });

  function proofFor(upload: UploadRef, condition: 'none' | 'absent'): Proof {
    const parts = [1, 2].map((number) => {
      const bytes = BYTES.subarray((number - 1) * PIECE, number * PIECE);
      return { number, sizeBytes: PIECE, crc32: crc32(bytes) };
    });
    const object = { target: upload.target, token: upload.token, validator: { kind: 'none' }, settings: {} } as const;
    return { parts, sizeBytes: BYTES.length, crc32: crc32(BYTES), condition, object };
  }

  function send(files: Destination, upload: UploadRef, number: number): Promise<unknown> {
    const offset = (number - 1) * PIECE;
    const bytes = BYTES.subarray(offset, offset + PIECE);
    const body = { kind: 'whole', bytes, crc32: crc32(bytes) } as const;
    return files.uploadPart(upload, { number, offset, sizeBytes: PIECE }, body, call());
  }

  async function nameOf(ending: string): Promise<string> {
    const name = (await readdir(folder)).find((other) => other.endsWith(ending));
    return at(name ?? 'none');
  }

  test.each(PLANTED)('whose bytes are %s is gone; nothing is written there', async (_what, put) => {
    const upload = await begin();
    const partial = await nameOf('.part');
    await rename(partial, at('own'));
    await put(partial);
    await using files = fileDestination({ warn });
    expect(await files.listParts(upload, 0, call())).toBe('gone');
    await failureOf(send(files, upload, 2), 'UploadLost');
    const own = await readFile(at('own'));
    expect(own.subarray(PIECE).equals(Buffer.alloc(PIECE))).toBe(true);
  });

  test.each(PLANTED)('whose journal is %s is gone; it is set aside', async (_what, put) => {
    const upload = await begin();
    const journal = await nameOf('.journal');
    await rename(journal, at('own'));
    const before = await readFile(at('own'));
    await put(journal);
    await using files = fileDestination({ warn });
    expect(await files.listUploads(upload.target, call())).toHaveLength(1);
    expect(await files.listParts(upload, 0, call())).toBe('gone');
    expect(warnings).toHaveLength(1);
    expect((await readFile(at('own'))).equals(before)).toBe(true);
  });
});

describe('a record', () => {
  const KEY = { path: 'transfers/a' };

  test.each(PLANTED)('that is %s is set aside, as a damaged one', async (_what, put) => {
    const records = folderRecords({ folder: at('state'), warn });
    await records.put(KEY, { count: 1 }, 'absent');
    await rename(at('state/transfers/a'), at('own'));
    await put(at('state/transfers/a'));
    await failureOf(records.get(KEY), 'RecordCorrupt');
    expect(warnings).toHaveLength(1);
    await records.put(KEY, { count: 2 }, 'absent');
    expect((await records.get(KEY))?.value).toEqual({ count: 2 });
    expect(await readFile(at('own'), 'utf8')).toContain('"count":1');
  });

  test.each(PLANTED)('whose draft is %s is written all the same, and not through it', async (_what, put) => {
    await writeFile(at('own'), 'ours');
    await mkdir(at('state/transfers'), { recursive: true });
    await put(at('state/transfers/a~new'));
    const records = folderRecords({ folder: at('state'), warn });
    await records.put(KEY, { count: 1 }, 'absent');
    expect((await lstat(at('state/transfers/a'))).isFile()).toBe(true);
    expect(await readFile(at('own'), 'utf8')).toBe('ours');
  });
});

describe('a state folder', () => {
  async function warningsAt(mode: number): Promise<readonly string[]> {
    await mkdir(at('state'));
    await chmod(at('state'), mode);
    await using piecework = openLocal({
      stateDir: at('state'),
      onEvent: (event) => event.type === 'warning' && warn(event.message),
    });
    expect(await piecework.list()).toMatchObject({});
    return warnings;
  }

  test.each([0o777, 0o1777, 0o770, 0o702])('that others may write (%o) is warned of', async (mode) => {
    const said = await warningsAt(mode);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(at('state'));
  });

  test.each([0o700, 0o755])('that only its owner may write (%o) is not', async (mode) => {
    expect(await warningsAt(mode)).toEqual([]);
  });
});
