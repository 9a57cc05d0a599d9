import { createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Destination, ObjectSpec, Proof, UploadRef, WriteCondition } from '../../lib/destinations/destination.ts';
import type { FileDestinationOptions } from '../../lib/destinations/file/destination.ts';
import { fileDestination } from '../../lib/destinations/file/destination.ts';
import { allocatedBeside } from '../../lib/destinations/file/folder.ts';
import { locateTarget } from '../../lib/destinations/file/target.ts';
import { combineParts, crc32 } from '../../lib/integrity/crc32.ts';
import type { Body, ByteReader } from '../../lib/values/bytes.ts';
import { startChild } from '../support/child.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

const PIECE = 10_000;

let root: string;
let folder: string;
let path: string;
let opened: Destination[];
let warnings: string[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'piecework-file-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'case-'));
  path = join(folder, 'target.bin');
  opened = [];
  warnings = [];
});
afterEach(async () => {
  for (const destination of opened) await destination[Symbol.asyncDispose]();
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

function files(options: FileDestinationOptions = {}): Destination {
  const destination = fileDestination({ warn: (sentence) => warnings.push(sentence), ...options });
  opened.push(destination);
  return destination;
}

function spec(over: Partial<ObjectSpec> = {}): ObjectSpec {
  return { target: { kind: 'file', path }, token: 'TRANSFER.PLAN', validator: { kind: 'none' }, settings: {}, ...over };
}

function whole(bytes: Uint8Array): Body {
  return { kind: 'whole', bytes, crc32: crc32(bytes) };
}

function partSpec(number: number, sizeBytes = PIECE) {
  return { number, sizeBytes, offset: (number - 1) * PIECE };
}

function send(destination: Destination, upload: UploadRef, number: number, bytes: Uint8Array) {
  return destination.uploadPart(upload, partSpec(number, bytes.length), whole(bytes), call());
}

/** An upload of as many pieces, of which the first `sent` are there. */
async function begin(
  destination: Destination,
  { count = 3, sent = count, over = {} }: { count?: number; sent?: number; over?: Partial<ObjectSpec> } = {},
) {
  const bytes = randomBytes(count * PIECE);
  const piece = (number: number) => bytes.subarray((number - 1) * PIECE, number * PIECE);
  const object = spec({ sizeBytes: bytes.length, pieceSizeBytes: PIECE, ...over });
  const upload = await destination.createUpload(object, call());
  for (let number = 1; number <= sent; number += 1) await send(destination, upload, number, piece(number));
  return { bytes, piece, object, upload };
}

async function listed(destination: Destination, upload: UploadRef): Promise<number[] | 'gone'> {
  const page = await destination.listParts(upload, 0, call());
  return page === 'gone' ? page : page.parts.map(({ number }) => number);
}

function proofFor(bytes: Uint8Array, object: ObjectSpec, condition: WriteCondition = 'none'): Proof {
  const parts = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, index) => {
    const piece = bytes.subarray(index * PIECE, (index + 1) * PIECE);
    return { number: index + 1, sizeBytes: piece.length, crc32: crc32(piece) };
  });
  return { parts, sizeBytes: bytes.length, crc32: combineParts(parts), condition, object };
}

/** As if the process were gone: what it had open is closed, and the lock free. */
function readBack({ proof }: Destination, upload: UploadRef, sizeBytes: number): Promise<ByteReader> {
  if (proof.kind !== 'upload') throw new Error('a file can be read before it is visible');
  return proof.read(upload, sizeBytes, call());
}

async function forget(destination: Destination): Promise<void> {
  await destination[Symbol.asyncDispose]();
}

async function found(pattern: RegExp): Promise<string> {
  const [name] = (await readdir(folder)).filter((other) => pattern.test(other));
  if (name === undefined) throw new Error(`nothing like ${pattern} in ${folder}`);
  return join(folder, name);
}

const partial = () => found(/\.part$/);
const journal = () => found(/\.journal$/);

describe('an unfinished file', () => {
  test('has the size of the source at once, stands hidden beside the target, and goes away with the upload', async () => {
    const destination = files();
    const { upload } = await begin(destination, { sent: 0 });
    expect((await stat(await partial())).size).toBe(3 * PIECE);
    expect((await readdir(folder)).every((name) => name.startsWith('.target.bin.piecework'))).toBe(true);
    await destination.abortUpload(upload, call());
    expect(await readdir(folder)).toEqual([]);
  });

  test('of unknown size grows, and ends where the proof says', async () => {
    const destination = files();
    const bytes = randomBytes(2 * PIECE + 7);
    const object = spec({ pieceSizeBytes: PIECE });
    const upload = await destination.createUpload(object, call());
    expect((await stat(await partial())).size).toBe(0);
    for (const number of [1, 2, 3])
      await send(destination, upload, number, bytes.subarray((number - 1) * PIECE, number * PIECE));
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  test('takes no byte outside of its size', async () => {
    const destination = files();
    const { upload } = await begin(destination, { sent: 0 });
    await failureOf(send(destination, upload, 4, randomBytes(PIECE)), 'DestinationRefused');
    await failureOf(send(destination, upload, 3, randomBytes(PIECE + 1)), 'DestinationRefused');
    await failureOf(
      destination.uploadPart(upload, { number: 0, sizeBytes: 1, offset: 0 }, whole(randomBytes(1)), call()),
      'DestinationRefused',
    );
    expect((await stat(await partial())).size).toBe(3 * PIECE);
  });

  test('is written whole though the system takes a few bytes at a time', async () => {
    const writeAt = async (file: FileHandle, bytes: Uint8Array, position: number) =>
      (await file.write(bytes, 0, Math.min(777, bytes.length), position)).bytesWritten;
    const destination = files({ writeAt });
    const { bytes, object, upload } = await begin(destination);
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  test('holds no file open once it is over', async () => {
    const before = (await readdir('/dev/fd')).length;
    const destination = files();
    const first = await begin(destination);
    await destination.completeUpload(first.upload, proofFor(first.bytes, first.object), call());
    const second = await begin(destination, { over: { token: 'T.2' } });
    await destination.abortUpload(second.upload, call());
    await begin(destination, { over: { token: 'T.3' } });
    expect((await readdir('/dev/fd')).length).toBe(before + 2);
    await forget(destination);
    expect((await readdir('/dev/fd')).length).toBe(before);
  });

  test('can be read before it is visible, and is short where it was cut', async () => {
    const destination = files();
    const { bytes, upload } = await begin(destination);
    expect((await readAll(await readBack(destination, upload, bytes.length), 999)).equals(bytes)).toBe(true);
    await truncate(await partial(), bytes.length - 1);
    await failureOf(
      readBack(destination, upload, bytes.length).then((reader) => readAll(reader)),
      'BodyShort',
    );
  });

  test('has a name that fits, however long the target has', async () => {
    const destination = files();
    for (const name of [`${'x'.repeat(251)}.bin`, 'ü'.repeat(127)]) {
      path = join(folder, name);
      const { bytes, object, upload } = await begin(destination);
      expect(await destination.listUploads(object.target, call())).toMatchObject([
        { id: upload.id, token: object.token },
      ]);
      await destination.completeUpload(upload, proofFor(bytes, object), call());
      expect(await destination.head(object.target, call())).toMatchObject({ token: object.token });
      await destination.releaseUpload?.(upload, call());
      expect((await readFile(path)).equals(bytes)).toBe(true);
    }
    expect(await readdir(folder)).toHaveLength(2);
  });
});

describe('a full disk', () => {
  test('is found before the first byte', async () => {
    const huge = 2 ** 52;
    const error = await failureOf(files().check(spec({ sizeBytes: huge }), call()), 'DestinationFull');
    expect(error.details).toMatchObject({ neededBytes: huge, availableBytes: expect.any(Number) });
    expect(error.message).toContain('4096 TiB needed');
    expect(await readdir(folder)).toEqual([]);
  });

  test('is not feared for what an unfinished upload has already', async () => {
    const { upload } = await begin(files());
    const allocated = await allocatedBeside(await locateTarget(upload.target));
    expect(allocated).toBeGreaterThanOrEqual(3 * PIECE);
    expect(allocated).toBeLessThan(1024 ** 2);
  });

  test('in the middle is said so; what is there stays, and goes on when there is room', async () => {
    let room = 2 * PIECE + 100;
    const writeAt = async (file: FileHandle, bytes: Uint8Array, position: number) => {
      if (room === 0)
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
      const { bytesWritten } = await file.write(bytes, 0, Math.min(room, bytes.length), position);
      room -= bytesWritten;
      return bytesWritten;
    };
    const destination = files({ writeAt });
    const { bytes, piece, object, upload } = await begin(destination, { sent: 2 });
    const error = await failureOf(send(destination, upload, 3, piece(3)), 'DestinationFull');
    expect(error.message).toContain(path);
    expect(await listed(destination, upload)).toEqual([1, 2]);
    room = Number.POSITIVE_INFINITY;
    await send(destination, upload, 3, piece(3));
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });
});

describe('going on after a crash', () => {
  test('a journal whose last line was torn is believed up to there', async () => {
    const first = files();
    const { bytes, piece, object, upload } = await begin(first);
    await forget(first);
    const text = await readFile(await journal(), 'utf8');
    await truncate(await journal(), Buffer.byteLength(text) - 5);

    const second = files();
    expect(await listed(second, upload)).toEqual([1, 2]);
    await send(second, upload, 3, piece(3));
    await forget(second);
    // What was written after the torn line stands on a line of its own.
    const third = files();
    expect(await listed(third, upload)).toEqual([1, 2, 3]);
    await third.completeUpload(upload, proofFor(bytes, object), call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(warnings).toEqual([]);
  });

  test('a damaged line costs its piece only', async () => {
    const first = files();
    const { upload } = await begin(first);
    await forget(first);
    const text = await readFile(await journal(), 'utf8');
    const changed = text.replace('"number":2', '"number":7');
    expect(changed).not.toBe(text);
    await writeFile(await journal(), `${changed}\n${'\0'.repeat(200_000)}\n{}\nnonsense`);
    expect(await listed(files(), upload)).toEqual([1, 3]);
  });

  test('a piece whose bytes are not those of the journal (lost by a power failure) is not listed, with a warning', async () => {
    const first = files();
    const { bytes, piece, object, upload } = await begin(first);
    await forget(first);
    const file = await open(await partial(), 'r+');
    await file.write(Buffer.alloc(100), 0, 100, PIECE + 50);
    await file.close();

    const second = files();
    expect(await listed(second, upload)).toEqual([1, 3]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(path);
    await failureOf(second.completeUpload(upload, proofFor(bytes, object), call()), 'ChecksumMismatch');
    await send(second, upload, 2, piece(2));
    await second.completeUpload(upload, proofFor(bytes, object), call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  test('bytes that are cut off are not listed', async () => {
    const first = files();
    const { upload } = await begin(first);
    await forget(first);
    await truncate(await partial(), 2 * PIECE + 1);
    expect(await listed(files(), upload)).toEqual([1, 2]);
  });

  test.for([
    ['empty', () => ''],
    ['of zeros', (text: string) => '\0'.repeat(text.length)],
    ['without its first line', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['with a changed first line', (text: string) => text.replace('"token":"TRANSFER', '"token":"OTHER')],
  ] as const)('a journal that is %s is set aside with a warning, and is not fatal', async ([, damage]) => {
    const first = files();
    const { object, upload } = await begin(first);
    await forget(first);
    const text = await readFile(await journal(), 'utf8');
    await writeFile(await journal(), damage(text));

    const second = files();
    expect(await second.listUploads(object.target, call())).toMatchObject([
      { id: upload.id, initiatedAt: expect.any(String) },
    ]);
    expect(await listed(second, upload)).toBe('gone');
    expect(warnings).toHaveLength(1);
    const aside = await found(/\.journal\.corrupt-/);
    expect(warnings[0]).toContain(aside);
    await second.abortUpload(upload, call());
    expect((await readdir(folder)).map((name) => join(folder, name))).toEqual([aside]);
    const again = await begin(second, { over: { token: 'T.2' } });
    await second.completeUpload(again.upload, proofFor(again.bytes, again.object), call());
    expect((await readFile(path)).equals(again.bytes)).toBe(true);
  });

  test('a journal without its bytes is an upload that is gone', async () => {
    const first = files();
    const { bytes, object, upload } = await begin(first);
    await forget(first);
    await rm(await partial());
    const second = files();
    expect(await listed(second, upload)).toBe('gone');
    await failureOf(second.completeUpload(upload, proofFor(bytes, object), call()), 'UploadLost');
    await second.abortUpload(upload, call());
    expect(await readdir(folder)).toEqual([]);
  });

  test('the upload of another transfer is not taken for ours', async () => {
    const first = files();
    const { upload } = await begin(first);
    await forget(first);
    expect(await listed(files(), { ...upload, token: 'OTHER.PLAN' })).toBe('gone');
  });

  test('an id that is none does not lead out of the folder', async () => {
    const destination = files();
    const { upload } = await begin(destination);
    for (const id of ['', '../x', 'put-', `${upload.id}/../${upload.id}`]) {
      expect(await listed(destination, { ...upload, id })).toBe('gone');
    }
  });

  test('a folder that is gone has taken its uploads with it', async () => {
    const first = files();
    path = join(folder, 'inner', 'target.bin');
    await mkdir(join(folder, 'inner'));
    const { upload } = await begin(first);
    await forget(first);
    await rm(join(folder, 'inner'), { recursive: true });
    const second = files();
    expect(await listed(second, upload)).toBe('gone');
    await second.abortUpload(upload, call());
    expect(await second.listUploads(upload.target, call())).toEqual([]);
    expect(await second.head(upload.target, call())).toBeUndefined();
  });

  test('a process killed at any moment leaves only pieces that are whole', async () => {
    const [size, count] = [200_000, 200];
    for (let round = 0; round < 5; round += 1) {
      path = join(folder, `killed-${round}.bin`);
      const child = startChild(new URL('../support/upload-pieces.ts', import.meta.url), [
        path,
        String(size),
        String(count),
      ]);
      const upload = JSON.parse(await child.line(0)) as UploadRef;
      await delay(Math.random() * 60);
      await child.kill();
      const printed = child.lines.slice(1).map(Number);
      const destination = files();
      const page = await destination.listParts(upload, 0, call());
      const parts = page === 'gone' ? [] : page.parts;
      // The last one may be done and not reported.
      expect(parts.map(({ number }) => number).slice(0, printed.length)).toEqual(printed);
      expect(parts.length - printed.length).toBeLessThanOrEqual(1);
      for (const { number, crc32: crc } of parts) expect(crc).toBe(crc32(Buffer.alloc(size, number)));
      for (let number = parts.length + 1; number <= count; number += 1) {
        const bytes = Buffer.alloc(size, number);
        await destination.uploadPart(
          upload,
          { number, sizeBytes: size, offset: (number - 1) * size },
          whole(bytes),
          call(),
        );
      }
      const all = Array.from({ length: count }, (_, index) => ({
        number: index + 1,
        sizeBytes: size,
        crc32: crc32(Buffer.alloc(size, index + 1)),
      }));
      const proof = {
        parts: all,
        sizeBytes: size * count,
        crc32: combineParts(all),
        condition: 'none',
        object: spec(),
      } as const;
      await destination.completeUpload(upload, proof, call());
      await destination.releaseUpload?.(upload, call());
      const hash = createHash('sha256');
      for (let number = 1; number <= count; number += 1) hash.update(Buffer.alloc(size, number));
      expect(
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ).toBe(hash.digest('hex'));
      await rm(path);
      expect(await readdir(folder)).toEqual([]);
    }
  });
});

describe('two workers with the same piece', () => {
  /** Gives `bytes` in two windows; the second waits until it is let, and may be an error instead. */
  function held(bytes: Uint8Array) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    const begun = Promise.withResolvers<void>();
    const half = Math.floor(bytes.length / 2);
    const windows = [bytes.subarray(0, half), bytes.subarray(half)];
    let next = 0;
    const body: Body = {
      kind: 'windows',
      async next() {
        next += 1;
        if (next === 2) {
          begun.resolve();
          await promise;
        }
        return windows[next - 1];
      },
    };
    return { body, begun: begun.promise, go: resolve, fail: reject };
  }

  test('a late one that breaks off leaves the piece as it is', async () => {
    const destination = files();
    const { bytes, piece, object, upload } = await begin(destination);
    const { body, fail } = held(piece(2));
    const late = destination.uploadPart(upload, partSpec(2), body, call());
    const error = new Error('broken off');
    fail(error);
    await expect(late).rejects.toBe(error);
    expect(await listed(destination, upload)).toEqual([1, 2, 3]);
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  test('a late one with other bytes that breaks off leaves no piece, also for the next process', async () => {
    const destination = files();
    const { upload } = await begin(destination);
    const { body, fail } = held(randomBytes(PIECE));
    const late = destination.uploadPart(upload, partSpec(2), body, call());
    const error = new Error('broken off');
    fail(error);
    await expect(late).rejects.toBe(error);
    expect(await listed(destination, upload)).toEqual([1, 3]);
    await forget(destination);
    expect(await listed(files(), upload)).toEqual([1, 3]);
    expect(warnings).toEqual([]);
  });

  test('they take turns: the piece is that of one of them, never a mixture', async () => {
    const destination = files();
    const { piece, upload } = await begin(destination, { sent: 0 });
    const [slow, quick] = [held(piece(1)), randomBytes(PIECE)];
    const both = [destination.uploadPart(upload, partSpec(1), slow.body, call()), send(destination, upload, 1, quick)];
    await slow.begun;
    slow.go();
    await Promise.all(both);
    const there = (await readFile(await partial())).subarray(0, PIECE);
    const page = await destination.listParts(upload, 0, call());
    expect(page === 'gone' ? page : page.parts.map((part) => part.crc32)).toEqual([crc32(there)]);
    expect(there.equals(quick) || there.equals(piece(1))).toBe(true);
  });

  test('one that is still at it when the file is finished can not change it any more', async () => {
    const destination = files();
    const { bytes, piece, object, upload } = await begin(destination);
    const { body, begun, go } = held(piece(2));
    const late = failureOf(destination.uploadPart(upload, partSpec(2), body, call()), 'UploadLost');
    await begun;
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    go();
    await late;
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });
});

describe('completion', () => {
  test('gives the file the time of the source and the mode of the file that it replaces', async () => {
    await writeFile(path, 'before');
    await chmod(path, 0o640);
    const destination = files();
    const modifiedAt = '2001-02-03T04:05:06.000Z';
    const { bytes, object, upload } = await begin(destination, { over: { modifiedAt } });
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    const { mtime, mode } = await stat(path);
    expect(mtime.toISOString()).toBe(modifiedAt);
    expect(mode & 0o777).toBe(0o640);
    expect(await destination.head(object.target, call())).toEqual({
      sizeBytes: bytes.length,
      modifiedAt,
      token: object.token,
    });
  });

  test('gives a new file the mode that any new file gets, and never shows more of a replaced one', async () => {
    const destination = files();
    const { bytes, object, upload } = await begin(destination);
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    await writeFile(join(folder, 'ordinary'), '');
    expect((await stat(path)).mode).toBe((await stat(join(folder, 'ordinary'))).mode);
    await chmod(path, 0o400);
    const second = await begin(destination, { over: { token: 'T.2' } });
    expect((await stat(await partial())).mode & 0o077).toBe(0);
    await destination.completeUpload(second.upload, proofFor(second.bytes, second.object), call());
    expect((await stat(path)).mode & 0o777).toBe(0o400);
  });

  test('writes through a symbolic link, which stays', async () => {
    await mkdir(join(folder, 'far'));
    const real = join(folder, 'far', 'real.bin');
    await writeFile(real, 'before');
    await symlink(join('far', 'real.bin'), path);
    const destination = files();
    const { bytes, object, upload } = await begin(destination);
    expect(await readdir(join(folder, 'far'))).toHaveLength(4);
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    await destination.releaseUpload?.(upload, call());
    expect(await readlink(path)).toBe(join('far', 'real.bin'));
    expect((await lstat(real)).isFile()).toBe(true);
    expect((await readFile(real)).equals(bytes)).toBe(true);
    expect(await readdir(join(folder, 'far'))).toEqual(['real.bin']);
  });

  test('refuses a symbolic link to nothing', async () => {
    await symlink('nowhere', path);
    await failureOf(files().check(spec(), call()), 'InvalidDestination');
    await failureOf(files().createUpload(spec(), call()), 'InvalidDestination');
  });

  test('under "absent" lets one of two win, and the other hears of it', async () => {
    const destination = files();
    const uploads = [
      await begin(destination, { over: { token: 'T.1' } }),
      await begin(destination, { over: { token: 'T.2' } }),
    ];
    const outcomes = await Promise.allSettled(
      uploads.map(({ bytes, object, upload }) =>
        destination.completeUpload(upload, proofFor(bytes, object, 'absent'), call()),
      ),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const [index, outcome] of outcomes.entries()) {
      const mine = uploads[index];
      if (mine === undefined) continue;
      const isThere = (await readFile(path)).equals(mine.bytes);
      expect(isThere).toBe(outcome.status === 'fulfilled');
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({ code: 'DestinationExists' });
        expect(await listed(destination, mine.upload)).toEqual([1, 2, 3]);
        await destination.abortUpload(mine.upload, call());
      } else {
        await destination.releaseUpload?.(mine.upload, call());
      }
    }
    expect(await readdir(folder)).toEqual(['target.bin']);
  });

  test('refuses a file that was cut short by something else', async () => {
    const destination = files();
    const { bytes, object, upload } = await begin(destination);
    await truncate(await partial(), PIECE);
    await failureOf(destination.completeUpload(upload, proofFor(bytes, object), call()), 'UploadLost');
    expect(await readdir(folder)).not.toContain('target.bin');
  });

  test('refuses a file that was removed by something else', async () => {
    const destination = files();
    const { bytes, object, upload } = await begin(destination);
    await rm(await partial());
    await failureOf(destination.completeUpload(upload, proofFor(bytes, object), call()), 'UploadLost');
    await failureOf(destination.completeUpload(upload, proofFor(bytes, object, 'absent'), call()), 'UploadLost');
    expect(await readdir(folder)).not.toContain('target.bin');
  });

  test('stopped after the link and before the old name is gone is known as complete', async () => {
    const first = files();
    const { bytes, object, upload } = await begin(first);
    const old = await partial();
    await first.completeUpload(upload, proofFor(bytes, object, 'absent'), call());
    await forget(first);
    await link(path, old);

    const second = files();
    expect(await second.head(object.target, call())).toMatchObject({ token: object.token });
    expect(await second.listUploads(object.target, call())).toEqual([]);
    expect(await listed(second, upload)).toBe('gone');
    await failureOf(send(second, upload, 1, randomBytes(PIECE)), 'UploadLost');
    expect(await second.completeUpload(upload, proofFor(bytes, object, 'absent'), call())).toEqual({
      sizeBytes: bytes.length,
    });
    await second.releaseUpload?.(upload, call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(await readdir(folder)).toEqual(['target.bin']);
  });

  test.for(['none', 'absent'] as const)(
    'stopped before the new name is there is done again (%s)',
    async (condition) => {
      const first = files();
      const { bytes, object, upload } = await begin(first);
      const old = await partial();
      await first.completeUpload(upload, proofFor(bytes, object, condition), call());
      await forget(first);
      await rename(path, old);

      const second = files();
      expect(await second.head(object.target, call())).toBeUndefined();
      expect(await listed(second, upload)).toEqual([1, 2, 3]);
      await second.completeUpload(upload, proofFor(bytes, object, condition), call());
      expect(await second.head(object.target, call())).toMatchObject({ token: object.token });
      expect((await readFile(path)).equals(bytes)).toBe(true);
    },
  );

  test('answered to nobody is known to the next process until it is released; an abort does not make it forget', async () => {
    const first = files();
    const { bytes, object, upload } = await begin(first);
    await first.completeUpload(upload, proofFor(bytes, object), call());
    await forget(first);
    const second = files();
    await second.abortUpload(upload, call());
    expect(await second.head(object.target, call())).toMatchObject({ token: object.token, sizeBytes: bytes.length });
    await second.releaseUpload?.(upload, call());
    expect(await second.head(object.target, call())).toEqual({
      sizeBytes: bytes.length,
      modifiedAt: expect.any(String),
    });
    expect(await readdir(folder)).toEqual(['target.bin']);
  });

  test('is not taken for ours what somebody put there since', async () => {
    const destination = files();
    const { bytes, object, upload } = await begin(destination);
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    await writeFile(join(folder, 'other'), bytes);
    await utimes(join(folder, 'other'), new Date(), (await stat(path)).mtime);
    await rename(join(folder, 'other'), path);
    expect((await destination.head(object.target, call()))?.token).toBeUndefined();
  });
});

describe('a put', () => {
  test('is known by its token, to the next process too, until it is released', async () => {
    const first = files();
    await first.putObject(spec(), 5, whole(Buffer.from('bytes')), 'none', call());
    await forget(first);
    const second = files();
    expect(await second.head(spec().target, call())).toMatchObject({ token: 'TRANSFER.PLAN', sizeBytes: 5 });
    await second.releaseUpload?.({ target: spec().target, id: '', token: 'TRANSFER.PLAN' }, call());
    expect(await readdir(folder)).toEqual(['target.bin']);
  });

  test('that was cut off is swept up by the next one who writes there', async () => {
    const writing = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<number>();
    const writeAt = async (file: FileHandle, bytes: Uint8Array) => {
      writing.resolve();
      await file.write(bytes, 0, 1, 0);
      return await ended.promise;
    };
    const dead = fileDestination({ writeAt });
    const put = dead.putObject(spec(), 5, whole(Buffer.from('bytes')), 'none', call());
    await writing.promise;
    // Its process is gone: its lock is free.
    await rm(await found(/\.lock$/));
    const destination = files();
    expect(await destination.listUploads(spec().target, call())).toHaveLength(1);
    const { upload } = await begin(destination, { over: { token: 'T.2' } });
    expect((await destination.listUploads(spec().target, call())).map(({ id }) => id)).toEqual([upload.id]);
    const late = new Error('the end of the test');
    ended.reject(late);
    await expect(put).rejects.toBe(late);
    await forget(dead);
    expect(await listed(destination, upload)).toEqual([1, 2, 3]);
  });

  test('leaves no journal behind of what it replaced', async () => {
    const destination = files();
    await destination.putObject(spec({ token: 'T.1' }), 5, whole(Buffer.from('first')), 'none', call());
    await forget(destination);
    const second = files();
    await second.putObject(spec({ token: 'T.2' }), 6, whole(Buffer.from('second')), 'none', call());
    await second.releaseUpload?.({ target: spec().target, id: '', token: 'T.2' }, call());
    expect(await readdir(folder)).toEqual(['target.bin']);
    expect(await readFile(path, 'utf8')).toBe('second');
  });
});

describe('the lock of a target', () => {
  test('stands between two who write it, from the first touch to the end', async () => {
    const first = files();
    const { upload } = await begin(first);
    const second = files();
    const error = await failureOf(second.createUpload(spec({ token: 'T.2' }), call()), 'DestinationLocked');
    expect(error.message).toContain(path);
    await failureOf(second.listParts(upload, 0, call()), 'DestinationLocked');
    await failureOf(second.abortUpload(upload, call()), 'DestinationLocked');
    await failureOf(
      second.putObject(spec({ token: 'T.3' }), 1, whole(Buffer.from('x')), 'none', call()),
      'DestinationLocked',
    );
    expect(await second.listUploads(upload.target, call())).toHaveLength(1);
    await forget(first);
    expect(await listed(second, upload)).toEqual([1, 2, 3]);
    await failureOf(files().listParts(upload, 0, call()), 'DestinationLocked');
    await second.abortUpload(upload, call());
    await files().createUpload(spec({ token: 'T.4' }), call());
  });

  test('is held as long as one of several uploads needs it', async () => {
    const first = files();
    const [one, two] = [await begin(first, { over: { token: 'T.1' } }), await begin(first, { over: { token: 'T.2' } })];
    await first.abortUpload(one.upload, call());
    await failureOf(files().createUpload(spec({ token: 'T.3' }), call()), 'DestinationLocked');
    await first.abortUpload(two.upload, call());
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('what a file has not', () => {
  test.for([
    ['storageClass', 'GLACIER'],
    ['encryption', { kind: 's3' }],
    ['acl', 'private'],
    ['tags', { a: 'b' }],
    ['metadata', { a: 'b' }],
  ] as const)('%s is refused before anything is written', async ([option, value]) => {
    const object = spec({ settings: { [option]: value } });
    const destination = files();
    const error = await failureOf(destination.check(object, call()), 'DestinationUnsupported');
    expect(error.details).toMatchObject({ option });
    await failureOf(destination.createUpload(object, call()), 'DestinationUnsupported');
    await failureOf(
      destination.putObject(object, 1, whole(Buffer.from('x')), 'none', call()),
      'DestinationUnsupported',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('nothing is refused that was not set', async () => {
    await files().check(spec({ settings: { contentType: 'text/plain', tags: {}, metadata: {} } }), call());
  });
});
