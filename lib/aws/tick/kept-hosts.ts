import type { RecordKey, Records, Version } from '../../records/records.ts';
import type { Clock, Instant } from '../../values/time.ts';

const KEPT_MS = 5_000;

interface Kept {
  readonly at: Instant;
  readonly found: Promise<{ readonly value: unknown; readonly version: Version } | undefined>;
}

/**
 * Records whose hosts' entries are read once for all transfers that are looked at within five seconds. What is written
 * is known from then on; an entry that another process has changed loses its swap, and is read anew.
 */
export function keptHosts(records: Records, clock: Pick<Clock, 'now'>): Records {
  const kept = new Map<string, Kept>();
  const isHost = ({ path }: RecordKey<unknown>) => path.startsWith('hosts/');
  return {
    ...records,
    async get<T>(key: RecordKey<T>) {
      if (!isHost(key)) return await records.get(key);
      const known = kept.get(key.path);
      if (known !== undefined && clock.now() - known.at < KEPT_MS) return (await known.found) as Found<T>;
      const found = records.get(key);
      kept.set(key.path, { at: clock.now(), found });
      // A failure is not kept.
      found.catch(() => kept.delete(key.path));
      return await found;
    },
    async put(key, value, on) {
      if (!isHost(key)) return await records.put(key, value, on);
      kept.delete(key.path);
      const version = await records.put(key, value, on);
      kept.set(key.path, { at: clock.now(), found: Promise.resolve({ value, version }) });
      return version;
    },
  };
}

type Found<T> = { readonly value: T; readonly version: Version } | undefined;
