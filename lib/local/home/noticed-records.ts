import type { Records } from '../../records/records.ts';
import { stated } from '../../values/stated.ts';

export interface NoticedRecords {
  readonly records: Records;
  /** Until it is disposed of, called with the path of each record that this process has written or removed. */
  listen(onChange: (path: string) => void): Disposable;
}

/** The same records, for those who keep what they read of them. */
export function noticedRecords(records: Records): NoticedRecords {
  const listeners = new Set<(path: string) => void>();
  const say = (path: string): void => {
    for (const listener of listeners) listener(path);
  };
  return {
    records: {
      get: (key) => records.get(key),
      ...stated({ getMany: records.getMany }),
      list: (prefix, cursor) => records.list(prefix, cursor),
      async put(key, value, on) {
        try {
          return await records.put(key, value, on);
        } finally {
          // Also where it is unsure whether it was written.
          say(key.path);
        }
      },
      async delete(key) {
        await records.delete(key);
        say(key.path);
      },
    },
    listen(onChange) {
      listeners.add(onChange);
      return { [Symbol.dispose]: () => void listeners.delete(onChange) };
    },
  };
}
