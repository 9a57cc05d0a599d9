import { setImmediate as others } from 'node:timers/promises';

/** So long nothing else happens in this process. */
const MOST_MS = 5;
/** Longer than this the system did not have it in memory. */
const SLOW_MS = 2;
/** As many are then left to other threads, side by side. */
const NEXT = 64;

/** The two ways to read a file. */
export interface Reading<T> {
  /** Here and now. */
  now(file: string): T;
  /** By another thread. */
  later(file: string): Promise<T>;
  /** Milliseconds that only go on. @default performance.now */
  readonly clock?: () => number;
}

/**
 * What stands in each of the files, in their order. A small file that the system has in memory is read in some
 * microseconds, and to hand it to another thread and back takes five times as long; so they are read here, a few
 * milliseconds at a time, and by other threads only where the disk has to be waited for.
 */
export async function readMany<T>(
  files: readonly string[],
  { now, later, clock = () => performance.now() }: Reading<T>,
): Promise<readonly T[]> {
  const found: T[] = [];
  while (found.length < files.length) {
    if (isSlowFor()) found.push(...(await Promise.all(files.slice(found.length, found.length + NEXT).map(later))));
    await others();
  }
  return found;

  /** Reads for a while. @returns whether the last one was waited for */
  function isSlowFor(): boolean {
    let at = clock();
    for (const until = at + MOST_MS; at < until; ) {
      const file = files[found.length];
      if (file === undefined) return false;
      found.push(now(file));
      const after = clock();
      if (after - at > SLOW_MS) return true;
      at = after;
    }
    return false;
  }
}
