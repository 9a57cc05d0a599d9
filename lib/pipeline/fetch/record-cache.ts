import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import type { Ports } from '../shared/ports.ts';
import { loadTransfer } from '../shared/store.ts';

/** Records as fetchers see them: a few seconds old at most, so that a cancel is noticed without a read per piece. */
export interface RecordCache {
  get(id: string): Promise<TransferRecord | undefined>;
  /** A stale copy never drops a task: this reads again. */
  reload(id: string): Promise<TransferRecord | undefined>;
}

export function recordCache(ports: Pick<Ports, 'records' | 'clock' | 'policy'>): RecordCache {
  const entries = new Map<string, { readonly record: TransferRecord | undefined; readonly readAt: Instant }>();

  async function reload(id: string): Promise<TransferRecord | undefined> {
    const readAt = ports.clock.now();
    const record = (await loadTransfer(ports, id))?.record;
    for (const [other, entry] of entries) if (readAt - entry.readAt > ports.policy.recordCacheMs) entries.delete(other);
    entries.set(id, { record, readAt });
    return record;
  }

  return {
    reload,
    async get(id) {
      const entry = entries.get(id);
      // A clock that was put back makes it neither young nor old: its age is not known.
      const ageMs = entry === undefined ? -1 : ports.clock.now() - entry.readAt;
      return entry !== undefined && ageMs >= 0 && ageMs <= ports.policy.recordCacheMs ? entry.record : await reload(id);
    },
  };
}
