import type { Pool, Poolable } from './pool.ts';

/** One pool for each server and identity, made when first needed. */
export interface Pools<T, C> {
  of(target: T): Pool<C>;
  close(): void;
}

/** @param nameOf tells two targets apart, credentials included; it stays in this process's memory. */
export function poolsOf<T, C extends Poolable>(
  nameOf: (target: T) => string,
  make: (target: T) => Pool<C>,
): Pools<T, C> {
  const pools = new Map<string, Pool<C>>();
  let isClosed = false;
  return {
    of(target) {
      const name = nameOf(target);
      const pool = pools.get(name) ?? make(target);
      pools.set(name, pool);
      if (isClosed) pool.close();
      return pool;
    },
    close() {
      isClosed = true;
      for (const pool of pools.values()) pool.close();
    },
  };
}
