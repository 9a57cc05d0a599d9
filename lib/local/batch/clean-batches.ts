import type { RecordKey, Records } from '../../records/records.ts';
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
  for (const path of await allUnder(home.records, 'batches/')) {
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
  for (const room of ['shards', 'outcomes'])
    for (const path of await allUnder(records, `${room}/${id}/`)) await records.delete({ path } as RecordKey<unknown>);
  await records.delete(KEYS.batch(id));
}

async function allUnder(records: Records, prefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await records.list(prefix, cursor);
    found.push(...page.paths);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
