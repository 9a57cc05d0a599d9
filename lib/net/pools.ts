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
  return {
    of(target) {
      const name = nameOf(target);
      const pool = pools.get(name) ?? make(target);
      pools.set(name, pool);
      return pool;
    },
    close() {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    },
  };
}
