import { useLayoutEffect, useState } from 'preact/hooks';

/** A value that views follow. */
export interface Store<T> {
  get(): T;
  set(next: T): void;
  /** @returns ends it */
  follow(changed: () => void): () => void;
}

export function store<T>(first: T): Store<T> {
  let value = first;
  const followers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const changed of [...followers]) changed();
    },
    follow(changed) {
      followers.add(changed);
      return () => void followers.delete(changed);
    },
  };
}

/** The value as it is now; the view is drawn again when it changes. */
export function useStore<T>(from: Store<T>): T {
  const [value, setValue] = useState(() => from.get());
  useLayoutEffect(() => {
    const take = () => setValue(() => from.get());
    // It may have changed between the drawing and now.
    take();
    return from.follow(take);
  }, [from]);
  return value;
}
