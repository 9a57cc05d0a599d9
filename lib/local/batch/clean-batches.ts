import { pathsUnder } from '../../pipeline/shared/paths-under.ts';
import type { Records } from '../../records/records.ts';
import { KEYS } from '../../records/records.ts';
import { fromIso } from '../../values/time.ts';
import type { Home } from '../home/home.ts';

/** Ids of batches that are gone now. */
export interface CleanedBatches {
  /** Interrupted ones that were given up. What they had brought stays. */
  readonly cleaned: readonly string[];
  /** Ended ones. */
  readonly forgotten: readonly string[];
}

/**
 * Gives up what no process works on, and with `history` forgets what has ended, in both cases only what is no younger.
 */
export async function cleanBatches(home: Home, youngest: number, history: boolean): Promise<CleanedBatches> {
  const cleaned: string[] = [];
  const forgotten: string[] = [];
  for await (const path of pathsUnder(home.records, 'batches/')) {
    const id = /^batches\/(.+)\.json$/.exec(path)?.[1] ?? '';
    const batch = (await home.records.get(KEYS.batch(id)))?.value;
    if (batch === undefined || fromIso(batch.createdAt) > youngest) continue;
    const isOpen = batch.status === 'running';
    if ((!isOpen && !history) || (await home.locks.isHeld(batch.place))) continue;
    await forgetBatch(home.records, id);
    (isOpen ? cleaned : forgotten).push(id);
  }
  return { cleaned, forgotten };
}

/** All that the state folder has of it. The record goes last: as long as it is there, the rest can be found. */
export async function forgetBatch(records: Records, id: string): Promise<void> {
  await forgetRooms(records, id, ['shards', 'outcomes']);
  await records.delete(KEYS.batch(id));
}

/** Of its entries: what was to be brought, and what became of it. */
export async function forgetRooms(
  records: Records,
  id: string,
  rooms: readonly ('shards' | 'outcomes')[],
): Promise<void> {
  for (const room of rooms)
    for await (const path of pathsUnder(records, `${room}/${id}/`)) await records.delete({ path });
}
