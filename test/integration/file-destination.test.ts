import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { readdir, readFile, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { fileDestination } from '../../lib/destinations/file/destination.ts';
import { crc32 } from '../../lib/integrity/crc32.ts';
import type { Body } from '../../lib/values/bytes.ts';
import {
  begin,
  files,
  folder,
  forget,
  found,
  listed,
  PIECE,
  partial,
  partSpec,
  path,
  proofFor,
  send,
  spec,
  warnings,
  whole,
} from '../support/file-bench.ts';
import { call, failureOf } from '../support/reading.ts';

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

  test('of a small file is whole though the system takes a few bytes at a time, and nothing where it takes no more', async () => {
    const bytes = Buffer.from('bytes that come in parts');
    const slow = async (file: FileHandle, part: Uint8Array, position: number) =>
      (await file.write(part, 0, Math.min(5, part.length), position)).bytesWritten;
    await files({ writeAt: slow }).putSmall?.(spec(), whole(bytes), 'none', call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
    const full = async (file: FileHandle, part: Uint8Array, position: number) =>
      position === 0 ? (await file.write(part, 0, 5, 0)).bytesWritten : 0;
    const put = files({ writeAt: full }).putSmall?.(spec(), whole(Buffer.from('other bytes')), 'none', call());
    await failureOf(put ?? Promise.resolve(), 'DestinationRefused');
    expect((await readFile(path)).equals(bytes)).toBe(true);
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
