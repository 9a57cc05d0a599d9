import { join } from 'node:path';
import { PieceworkError } from '../errors/error.ts';
import { acquireLock } from './lock.ts';
import { namesIn } from './names-in.ts';

/**
 * Removes what processes left in a folder that were killed while they held a lock, or took one: the next holder of a
 * lock does so, too, but what is not locked again would stay for ever. What is held is left alone.
 * @param lockOf name of the lock that a file of the folder belongs to; `undefined` = it belongs to none
 * @param whileHeld removes what the dead left beside the lock
 */
export async function removeDeadLocks(
  folder: string,
  lockOf: (fileName: string) => string | undefined,
  whileHeld: (lock: string) => Promise<void> = async () => {},
): Promise<void> {
  const names = new Set((await namesIn(folder)).map(lockOf).filter((name) => name !== undefined));
  for (const name of names) {
    const path = join(folder, name);
    try {
      await using _lock = await acquireLock(path, { what: path, sweep: true });
      await whileHeld(path);
    } catch (error) {
      if (!(error instanceof PieceworkError) || error.code !== 'DestinationLocked') throw error;
    }
  }
}
