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
      const [, oldest] = putLast(kept, most, name, value) ?? [];
      if (oldest !== undefined) dropped(oldest);
      return value;
    },
    all: () => kept.values(),
  };
}

/** Puts it behind all others; returns the first one, which has given way to it where there are more than `most`. */
export function putLast<V>(kept: Map<string, V>, most: number, name: string, value: V): [string, V] | undefined {
  kept.delete(name);
  kept.set(name, value);
  const [first] = kept;
  if (kept.size <= most || first === undefined) return undefined;
  kept.delete(first[0]);
  return first;
}
