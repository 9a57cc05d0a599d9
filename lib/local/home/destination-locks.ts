import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { removeDeadLocks } from '../../disk/dead-locks.ts';
import { acquireLock, lockHolder } from '../../disk/lock.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { LocalDestinations } from '../destinations/local-destinations.ts';
import { inStateFolder, makeStateFolder } from './state-folder.ts';

/** Two transfers never work on one destination, be they of one process or of two. */
export interface DestinationLocks {
  /** The name under which this machine remembers a destination. */
  key(to: DestinationLocator): string;
  /** @throws PieceworkError `DestinationLocked`, naming the process that has it. */
  acquire(to: DestinationLocator): Promise<AsyncDisposable>;
  isHeld(to: DestinationLocator): Promise<boolean>;
  /** Removes those of processes that were killed. */
  tidy(): Promise<void>;
}

export function destinationLocks(stateDir: string, destinations: LocalDestinations): DestinationLocks {
  const folder = join(stateDir, 'locks');
  const key = (to: DestinationLocator) => createHash('sha256').update(destinations.identity(to)).digest('hex');
  const pathOf = (to: DestinationLocator) => join(folder, `${key(to)}.lock`);
  return {
    key,
    async acquire(to) {
      // A pipe is this process's own.
      if (!destinations.kind(to.kind).isResumable) return { [Symbol.asyncDispose]: async () => {} };
      makeStateFolder(stateDir, 'locks');
      return await inStateFolder(stateDir, () => acquireLock(pathOf(to), { what: destinations.describe(to) }));
    },
    isHeld: async (to) => (await lockHolder(pathOf(to))) !== undefined,
    tidy: () => removeDeadLocks(folder, (name) => /^([0-9a-f]+\.lock)(?:\..+)?$/.exec(name)?.[1]),
  };
}
