import type { Pool, Poolable } from './pool.ts';
import { recentlyUsed } from './recently-used.ts';

/** One pool for each server and identity, made when first needed. */
export interface Pools<T, C> {
  of(target: T): Pool<C>;
  close(): void;
}

/** A process that lives for long (a warm function) meets ever more servers. */
const MOST_POOLS = 64;

/** @param nameOf tells two targets apart, credentials included; it stays in this process's memory. */
export function poolsOf<T, C extends Poolable>(
  nameOf: (target: T) => string,
  make: (target: T) => Pool<C>,
  most = MOST_POOLS,
): Pools<T, C> {
  // A borrower of one goes on; it keeps nothing that is given back.
  const retired = new Set<Pool<C>>();
  const pools = recentlyUsed<Pool<C>>(most, (pool) => {
    pool.retire();
    retired.add(pool);
    for (const other of retired) if (other.isEmpty) retired.delete(other);
  });
  let isClosed = false;
  return {
    of(target) {
      const pool = pools.of(nameOf(target), () => make(target));
      if (isClosed) pool.close();
      return pool;
    },
    close() {
      isClosed = true;
      for (const pool of [...pools.all(), ...retired]) pool.close();
    },
  };
}
