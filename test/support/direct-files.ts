import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryForDirect, openDirect } from '../../lib/disk/direct.ts';
import type { Body } from '../../lib/values/bytes.ts';

// What is written past the system's cache, counted; and whether this machine's folder for temporary files takes it.

/** Bytes that were written directly, by any file that was opened through `open`. */
export function countedDirect(refusesFrom = Number.POSITIVE_INFINITY) {
  const seen = { opened: 0, closed: 0, writes: 0, bytes: 0 };
  return {
    seen,
    async open(file: FileHandle): Promise<FileHandle | undefined> {
      const direct = await openDirect(file);
      if (direct === undefined) return undefined;
      seen.opened += 1;
      const own = {
        async write(bytes: Uint8Array, offset: number, length: number, position: number) {
          seen.writes += 1;
          if (seen.writes >= refusesFrom)
            throw Object.assign(new Error('invalid argument'), { code: 'EINVAL', syscall: 'write' });
          const written = await direct.write(bytes, offset, length, position);
          seen.bytes += written.bytesWritten;
          return written;
        },
        async close() {
          seen.closed += 1;
          await direct.close();
        },
      };
      return own as unknown as FileHandle;
    },
  };
}

/** A copy of the body in memory that direct writes can be made from, as windows have it. */
export function inDirectMemory(body: Body): Body {
  const copied = (bytes: Uint8Array) => {
    const memory = memoryForDirect(bytes.length);
    memory.set(bytes);
    return memory;
  };
  if (body.kind === 'whole') return { ...body, bytes: copied(body.bytes) };
  return {
    kind: 'windows',
    async next(mostBytes) {
      const view = await body.next(mostBytes);
      return view === undefined ? undefined : copied(view);
    },
  };
}

/** Tried once: writes in the folder for temporary files go past the cache. Where not, what tests it says so. */
export const TAKES_DIRECT: boolean = await takesDirect();

async function takesDirect(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-direct-'));
  try {
    await using file = await open(join(folder, 'tried'), 'w+');
    await using direct = await openDirect(file);
    await direct?.write(memoryForDirect(4096), 0, 4096, 0);
    if (direct !== undefined) return true;
  } catch {
    // It was opened, and refused.
  } finally {
    await rm(folder, { recursive: true });
  }
  console.warn(`NOT TESTED: direct writes, which the file system of ${tmpdir()} does not take`);
  return false;
}
