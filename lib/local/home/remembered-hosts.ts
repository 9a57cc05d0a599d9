import type { RecordKey, Records } from '../../records/records.ts';
import { stated } from '../../values/stated.ts';
import type { Clock, Instant } from '../../values/time.ts';

/** So old may be what is known of a host when a piece asks whether it may go. */
const REMEMBERED_MS = 1_000;

interface Remembered {
  readonly found: Awaited<ReturnType<Records['get']>>;
  readonly readAt: Instant;
}

/**
 * The same records, but what was read of a host holds for a second: each piece asks for it, and all of it is a hint.
 * What this process writes holds at once, and a write that failed has the next one read again.
 */
export function withRememberedHosts(records: Records, clock: Clock): Records {
  const remembered = new Map<string, Remembered>();
  const isHost = ({ path }: RecordKey<unknown>): boolean => path.startsWith('hosts/');

  return {
    async get<T>(key: RecordKey<T>) {
      if (!isHost(key)) return await records.get(key);
      const now = clock.now();
      for (const [path, { readAt }] of remembered) {
        if (now < readAt || now - readAt > REMEMBERED_MS) remembered.delete(path);
      }
      const known = remembered.get(key.path);
      if (known !== undefined) return known.found as { readonly value: T; readonly version: string } | undefined;
      const found = await records.get(key);
      remembered.set(key.path, { found, readAt: now });
      return found;
    },
    ...stated({ getMany: records.getMany }),
    async put(key, value, on) {
      try {
        return await records.put(key, value, on);
      } finally {
        remembered.delete(key.path);
      }
    },
    list: (prefix, cursor) => records.list(prefix, cursor),
    async delete(key) {
      await records.delete(key);
      remembered.delete(key.path);
    },
  };
}
