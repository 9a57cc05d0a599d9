import type { Instant } from '../../values/time.ts';
import type { Ports } from './ports.ts';

/** Documents as they were a few seconds ago at most, so that many askers cost one read. */
export interface Recent<T> {
  /** @param isEnough whether one that was read before will do. @default any */
  get(id: string, isEnough?: (known: T | undefined) => boolean): Promise<T | undefined>;
  /** Reads it again. */
  reload(id: string): Promise<T | undefined>;
}

export function recent<T>(
  { clock, policy }: Pick<Ports, 'clock' | 'policy'>,
  load: (id: string) => Promise<T | undefined>,
): Recent<T> {
  const entries = new Map<string, { readonly value: T | undefined; readonly readAt: Instant }>();

  /** A clock that was put back makes nothing young or old: its age is not known. */
  function isRecent({ readAt }: { readonly readAt: Instant }): boolean {
    const ageMs = clock.now() - readAt;
    return ageMs >= 0 && ageMs <= policy.recordCacheMs;
  }

  async function reload(id: string): Promise<T | undefined> {
    const readAt = clock.now();
    const value = await load(id);
    for (const [other, entry] of entries) if (!isRecent(entry)) entries.delete(other);
    entries.set(id, { value, readAt });
    return value;
  }

  return {
    reload,
    async get(id, isEnough = () => true) {
      const entry = entries.get(id);
      return entry !== undefined && isRecent(entry) && isEnough(entry.value) ? entry.value : await reload(id);
    },
  };
}
