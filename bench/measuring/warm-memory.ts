import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(1024 ** 2);
/** More is not free on many a machine, and a long run waits for the disk in any case. */
const MOST_BYTES = 4 * 1024 ** 3;

/**
 * Fills as much of the system's cache and frees it again. A virtual machine's host takes free memory back within
 * seconds; the first to write to it then waits for the host, and is charged for that: up to two seconds of CPU for
 * each GiB, by turns. So each run finds memory that the host has just given.
 */
export async function warmMemory(folder: string, bytes: number): Promise<void> {
  const path = join(folder, 'warm');
  const file = await open(path, 'w');
  try {
    for (let left = Math.min(bytes, MOST_BYTES); left > 0; left -= CHUNK.length) await file.write(CHUNK);
  } finally {
    await file.close();
    // Nothing of it has gone to the disk by then.
    await rm(path);
  }
}
