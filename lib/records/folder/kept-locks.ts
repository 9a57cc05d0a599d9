import type { Lock } from '../../disk/lock.ts';
import type { Version } from '../records.ts';

/** A record is often written again at once; a lock that is kept until then is not taken and given back once more. */
const IDLE_MS = 100;
/** Another process that wants to write gets its turn: it asks every few milliseconds. */
const MOST_MS = 250;

/** A lock that this process holds between two changes of a record. */
interface Kept {
  readonly lock: Lock;
  /** What the record is, since no other process may write meanwhile. */
  readonly version: Version;
}

/** Locks of records, by the record's file. Calls for one file come one after the other. */
export interface KeptLocks {
  /** The caller has the lock from here on: it keeps it again, or releases it. */
  take(file: string): Kept | undefined;
  /** Lets go of it a little later, unless it is taken before. */
  keep(file: string, kept: Kept): Promise<void>;
  /** Lets go of all. */
  releaseAll(): Promise<void>;
}

/** @param inTurn runs something when no other change of that file is under way */
export function keptLocks(inTurn: (file: string, release: () => Promise<void>) => Promise<void>): KeptLocks {
  const all = new Map<string, { readonly kept: Kept; readonly timer: NodeJS.Timeout }>();
  const since = new WeakMap<Lock, number>();

  function take(file: string): Kept | undefined {
    const found = all.get(file);
    if (found === undefined) return undefined;
    clearTimeout(found.timer);
    all.delete(file);
    return found.kept;
  }

  const release = (file: string) => inTurn(file, async () => await take(file)?.lock.release());

  return {
    take,
    async keep(file, kept) {
      const takenAt = since.get(kept.lock) ?? Date.now();
      since.set(kept.lock, takenAt);
      if (Date.now() - takenAt >= MOST_MS) return await kept.lock.release();
      // What can't be removed is a dead holder's lock once the process has ended.
      all.set(file, { kept, timer: setTimeout(() => void release(file).catch(() => {}), IDLE_MS) });
    },
    async releaseAll() {
      await Promise.all([...all.keys()].map(release));
    },
  };
}
