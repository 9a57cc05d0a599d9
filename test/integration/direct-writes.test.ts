import { randomBytes } from 'node:crypto';
import { constants, readdirSync, readFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { readFile, rm, statfs } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openLocal } from '../../lib/local/open.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { countedDirect, inDirectMemory, TAKES_DIRECT } from '../support/direct-files.ts';
import { files, folder, forget, listed, path, proofFor, send, spec, warnings, whole } from '../support/file-bench.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { call } from '../support/reading.ts';

const MIB = 1024 ** 2;
const PAGE = 4096;

/** A file of so many bytes through the destination in one piece, in memory that is aligned; what is there then. */
async function written(options: Parameters<typeof files>[0], sizeBytes: number): Promise<boolean> {
  const destination = files(options);
  const bytes = randomBytes(sizeBytes);
  const object = spec({ sizeBytes, pieceSizeBytes: sizeBytes });
  const upload = await destination.createUpload(object, call());
  const part = { number: 1, sizeBytes, offset: 0 };
  const { crc32 } = await destination.uploadPart(upload, part, inDirectMemory(whole(bytes)), call());
  const proof = { ...proofFor(bytes, object), parts: [{ ...part, crc32: crc32 ?? 0 }], crc32: crc32 ?? 0 };
  await destination.completeUpload(upload, proof, call());
  return (await readFile(path)).equals(bytes);
}

/** This process has a file open past the cache (proc_pid_fdinfo(5)). */
function hasDirectFile(): boolean {
  return readdirSync('/proc/self/fdinfo').some((fd) => {
    try {
      const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
      return (Number.parseInt(flags, 8) & constants.O_DIRECT) !== 0;
    } catch {
      // Closed meanwhile.
      return false;
    }
  });
}

describe.skipIf(!TAKES_DIRECT)('a file past the cache', () => {
  test('has its unaligned end by the ordinary way', async () => {
    const direct = countedDirect();
    expect(await written({ directWrites: 'always', openDirect: direct.open }, 3 * PAGE + 77)).toBe(true);
    expect(direct.seen).toMatchObject({ bytes: 3 * PAGE, opened: 1, closed: 1 });
  });

  test('takes memory that is not aligned by the ordinary way', async () => {
    const direct = countedDirect();
    const destination = files({ directWrites: 'always', openDirect: direct.open });
    const bytes = randomBytes(10_000);
    const object = spec({ sizeBytes: bytes.length, pieceSizeBytes: bytes.length });
    const upload = await destination.createUpload(object, call());
    await send(destination, upload, 1, bytes);
    await destination.completeUpload(upload, proofFor(bytes, object), call());
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(direct.seen).toMatchObject({ opened: 1, writes: 0 });
  });

  test.each([1, 2])(
    'of a file system that takes the opening and refuses write %i loses no byte',
    async (refusesFrom) => {
      const direct = countedDirect(refusesFrom);
      const destination = files({ directWrites: 'always', openDirect: direct.open });
      const bytes = randomBytes(4 * PAGE);
      const object = spec({ sizeBytes: bytes.length, pieceSizeBytes: PAGE });
      const upload = await destination.createUpload(object, call());
      for (const number of [1, 2, 3, 4]) {
        const piece = bytes.subarray((number - 1) * PAGE, number * PAGE);
        const part = { number, sizeBytes: PAGE, offset: (number - 1) * PAGE };
        await destination.uploadPart(upload, part, inDirectMemory(whole(piece)), call());
      }
      expect(await listed(destination, upload)).toEqual([1, 2, 3, 4]);
      // Asked once more after the refusal, and no more.
      expect(direct.seen).toMatchObject({ writes: refusesFrom, bytes: (refusesFrom - 1) * PAGE });
      await forget(destination);
      const page = await files().listParts(upload, 0, call());
      expect(page === 'gone' ? page : page.parts.length, warnings.join()).toBe(4);
    },
  );

  test('fails with what the disk says, and goes no other way', async () => {
    const full = async (): Promise<FileHandle> => {
      const write = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' }));
      return { write, close: async () => {} } as unknown as FileHandle;
    };
    await expect(written({ directWrites: 'always', openDirect: full }, PAGE)).rejects.toMatchObject({
      code: 'DestinationFull',
    });
  });

  test('is brought whole by the library, and again what was there', async () => {
    await using origin = await startOrigin();
    const sizeBytes = 5 * MIB + 333;
    const url = origin.serve('/past.bin', { size: sizeBytes, etag: '"1"' });
    let wasOpened = false;
    const onEvent = ({ type }: PieceworkEvent) => {
      if (type === 'piece.done') wasOpened ||= hasDirectFile();
    };
    await using local = openLocal({ stateDir: `${folder}/state`, directWrites: 'always', onEvent });
    const request = { source: { url }, destination: path, options: { pieceSizeBytes: 2 * MIB } };
    for (let time = 0; time < 2; time += 1) {
      await local.copy(request);
      expect((await readFile(path)).equals(patternBytes(0, sizeBytes))).toBe(true);
    }
    expect(wasOpened).toBe(true);
    expect(hasDirectFile()).toBe(false);
  });
});

describe('which files go past the cache', () => {
  const opened = async (over: Parameters<typeof spec>[0], options: Parameters<typeof files>[0]): Promise<number> => {
    const direct = countedDirect();
    const destination = files({ openDirect: direct.open, ...options });
    const upload = await destination.createUpload(spec(over), call());
    await destination.abortUpload(upload, call());
    await rm(path, { force: true });
    return direct.seen.opened;
  };
  const sized = (sizeBytes: number) => ({ sizeBytes, pieceSizeBytes: MIB });
  const availableMemory = () => 40 * MIB;

  test('by itself none that the cache keeps, of unknown size, or to be read again for a digest', async () => {
    expect(await opened(sized(10 * MIB), { availableMemory })).toBe(0);
    expect(await opened({ pieceSizeBytes: MIB }, { availableMemory })).toBe(0);
    expect(await opened({ ...sized(100 * MIB), digests: { sha256: '00' } }, { availableMemory })).toBe(0);
  });

  test('by itself large ones, on ext4 and XFS', async () => {
    const isKnown = [0xef53, 0x58465342].includes((await statfs(folder)).type);
    const large = await opened(sized(10 * MIB + 1), { availableMemory });
    expect(large).toBe(isKnown && TAKES_DIRECT ? 1 : 0);
  });

  test('none where that was said', async () => {
    expect(await opened(sized(100 * MIB), { availableMemory, directWrites: 'never' })).toBe(0);
  });

  test.skipIf(!TAKES_DIRECT)('all where that was said', async () => {
    expect(await opened(sized(1), { availableMemory, directWrites: 'always' })).toBe(1);
    expect(await opened({ pieceSizeBytes: MIB }, { availableMemory, directWrites: 'always' })).toBe(1);
  });
});
