import { randomBytes } from 'node:crypto';
import {
  chmod,
  link,
  lstat,
  mkdir,
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
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  begin,
  files,
  folder,
  forget,
  listed,
  PIECE,
  partial,
  path,
  proofFor,
  send,
  spec,
} from '../support/file-bench.ts';
import { call, failureOf } from '../support/reading.ts';

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
