import { createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { UploadRef } from '../../lib/destinations/destination.ts';
import { allocatedBeside } from '../../lib/destinations/file/folder.ts';
import { locateTarget } from '../../lib/destinations/file/target.ts';
import { combineParts, crc32 } from '../../lib/integrity/crc32.ts';
import { startChild } from '../support/child.ts';
import {
  begin,
  files,
  folder,
  forget,
  found,
  journal,
  listed,
  PIECE,
  partial,
  path,
  proofFor,
  readBack,
  send,
  spec,
  warnings,
  whole,
  writeTo,
} from '../support/file-bench.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

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
      writeTo(join(folder, name));
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
    writeTo(join(folder, 'inner', 'target.bin'));
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
      writeTo(join(folder, `killed-${round}.bin`));
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
