import { basename, dirname } from 'node:path';
import { removeDeadLocks } from '../../disk/dead-locks.ts';
import type { Lock } from '../../disk/lock.ts';
import { acquireLock } from '../../disk/lock.ts';
import { onDisk } from './errors.ts';
import type { FileTarget } from './target.ts';

type LockUser = string | symbol;

/** Holds the lock of each target as long as any of its uploads needs it. */
export interface TargetLocks {
  /** @throws PieceworkError `DestinationLocked`. Once for each user, however often it is called. */
  hold(target: FileTarget, user: LockUser): Promise<void>;
  drop(target: FileTarget, user: LockUser): Promise<void>;
  /** Removes what processes left that were killed while they had the lock or took it; what is held is left alone. */
  tidy(target: FileTarget): Promise<void>;
  dropAll(): Promise<void>;
}

/**
 * `sweep` runs whenever a target's lock was just taken, and before it is given back. Should it fail, the lock is taken
 * or given back all the same.
 */
export function targetLocks(sweep: (target: FileTarget) => Promise<void>): TargetLocks {
  const held = new Map<string, { readonly target: FileTarget; readonly lock: Lock; readonly users: Set<LockUser> }>();
  // One change at a time: taking a lock while giving it back would find it held, by ourselves.
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn(change: () => Promise<void>): Promise<void> {
    const mine = turn.then(change, change);
    turn = mine;
    return mine;
  }

  async function take(target: FileTarget, user: LockUser): Promise<void> {
    const entry = held.get(target.lock);
    if (entry !== undefined) {
      entry.users.add(user);
      return;
    }
    const lock = await onDisk(target.path, () => acquireLock(target.lock, { what: target.path, sweep: true }));
    held.set(target.lock, { target, lock, users: new Set<LockUser>([user]) });
    await sweep(target).catch(() => {});
  }

  async function giveBack(key: string): Promise<void> {
    const entry = held.get(key);
    held.delete(key);
    if (entry === undefined) return;
    await sweep(entry.target).catch(() => {});
    await entry.lock.release();
  }

  return {
    hold: (target, user) => inTurn(() => take(target, user)),
    drop: (target, user) =>
      inTurn(async () => {
        const entry = held.get(target.lock);
        entry?.users.delete(user);
        if (entry?.users.size === 0) await giveBack(target.lock);
      }),
    tidy: (target) =>
      inTurn(async () => {
        const [folder, name] = [dirname(target.lock), basename(target.lock)];
        const isOfLock = (other: string) => (other === name || other.startsWith(`${name}.`) ? name : undefined);
        if (!held.has(target.lock)) await removeDeadLocks(folder, isOfLock, () => sweep(target)).catch(() => {});
      }),
    dropAll: () =>
      inTurn(async () => {
        for (const key of [...held.keys()]) await giveBack(key);
      }),
  };
}
