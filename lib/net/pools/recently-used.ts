/** Things that are dear to make, by name: those used last are kept. */
export interface RecentlyUsed<V> {
  of(name: string, make: () => V): V;
  all(): Iterable<V>;
}

/** @param dropped gets what gives way to a newer one. */
export function recentlyUsed<V>(most: number, dropped: (value: V) => void): RecentlyUsed<V> {
  // In the order of their last use.
  const kept = new Map<string, V>();
  return {
    of(name, make) {
      const value = kept.get(name) ?? make();
      kept.delete(name);
      kept.set(name, value);
      const [oldest] = kept;
      if (kept.size > most && oldest !== undefined) {
        kept.delete(oldest[0]);
        dropped(oldest[1]);
      }
      return value;
    },
    all: () => kept.values(),
  };
}
