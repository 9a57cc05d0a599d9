import type { Transfer } from '../../transfer/record/states.ts';
import type { Ports } from '../shared/ports.ts';
import type { Recent } from '../shared/recent.ts';
import { recent } from '../shared/recent.ts';
import { loadNarrowed } from '../shared/store.ts';

/**
 * Records as fetchers see them: a few seconds old at most, so that a cancel is noticed without a read per piece. A
 * stale copy never drops a task: `reload` reads again.
 */
export type RecordCache = Recent<Transfer>;

export function recordCache(ports: Pick<Ports, 'records' | 'clock' | 'policy'>): RecordCache {
  return recent(ports, async (id) => (await loadNarrowed(ports, id))?.record);
}
