import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeTime, isValid } from 'ulid';
import { namesIn } from '../../disk/names-in.ts';
import { asPieceworkError } from '../../errors/error.ts';
import { readableBatch } from '../../pipeline/requests/batches/load-batch.ts';
import { pathsUnder } from '../../pipeline/shared/paths-under.ts';
import type { Records } from '../../records/records.ts';
import { KEYS } from '../../records/records.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../transfer/batch/batch-record.ts';
import type { ShardOutcomes } from '../../transfer/batch/outcome.ts';
import { isThere, missing } from '../../transfer/batch/outcome.ts';
import { stated } from '../../values/stated.ts';
import { fromIso } from '../../values/time.ts';
import type { Home } from '../home/home.ts';
import { pausedIn } from '../service/queue/paused.ts';
import type { CleanedBatches } from './api.ts';
import { keptReports } from './report/report.ts';
import { discardLeftPuts } from './run/left-puts.ts';

/** What lies beside the record of a batch, by its id. */
const ROOMS = ['shards', 'outcomes', 'lists'] as const;

/**
 * Gives up what no process works on, and with `history` forgets what has ended, in both cases only what is no younger.
 * One that fails stops none of the others.
 */
export async function cleanBatches(
  home: Home,
  youngest: number,
  history: boolean,
  signal: AbortSignal,
): Promise<CleanedBatches> {
  const paused = pausedIn(home.stateDir);
  const cleaned: string[] = [];
  const forgotten: string[] = [];
  const failed: { batchId: string; error: Error }[] = [];
  for await (const path of pathsUnder(home.records, 'batches/')) {
    const id = /^batches\/(.+)\.json$/.exec(path)?.[1] ?? '';
    try {
      const batch = (await home.records.get(KEYS.batch(id)))?.value;
      if (batch === undefined || fromIso(batch.createdAt) > youngest) continue;
      const isOpen = !isBatchOver(batch);
      if (isOpen && paused.has(id)) continue;
      if ((!isOpen && !history) || (await home.locks.isHeld(batch.place))) continue;
      if (isOpen) await discardLeft(home, batch, signal);
      await forgetBatch(home.records, id);
      await home.notifications.forget(id);
      (isOpen ? cleaned : forgotten).push(id);
    } catch (thrown) {
      signal.throwIfAborted();
      failed.push({ batchId: id, error: asPieceworkError(thrown) });
    }
  }
  for await (const id of withoutRecord(home.records, youngest)) {
    await forgetBatch(home.records, id);
    await home.notifications.forget(id);
    forgotten.push(id);
  }
  return { cleaned, forgotten, ...stated({ failed: failed.length === 0 ? undefined : failed }) };
}

/** Batches whose record was damaged, and set aside: nothing can go on with what is left of them. */
async function* withoutRecord(records: Records, youngest: number): AsyncGenerator<string> {
  const seen = new Set<string>();
  for (const room of ROOMS)
    for await (const path of pathsUnder(records, `${room}/`)) {
      const id = path.split('/')[1] ?? '';
      if (seen.has(id)) continue;
      seen.add(id);
      // A record is there before all else of its batch.
      const isOld = isValid(id) && decodeTime(id) <= youngest;
      if (isOld && (await records.get(KEYS.batch(id))) === undefined) yield id;
    }
}

/** What a killed run left that its batch does not name: puts that it was at, and reports that it was writing. */
async function discardLeft(home: Home, batch: BatchRecord, signal: AbortSignal): Promise<void> {
  await discardLeftPuts(home, batch, signal);
  const folder = keptReports(home);
  const own = (await namesIn(folder)).filter((name) => name.startsWith(`${batch.id}.`));
  for (const name of own) await rm(join(folder, name), { force: true });
}

/**
 * Of a batch that has ended: where all is there, its outcomes are in its report. Where something is not, they stay for
 * a retry, and so do the shards that it needs.
 * @param mostKept a batch of no more entries keeps its outcomes all the same, for those who look at it
 */
export async function keepWhatFailed(
  records: Records,
  { id, counters, report, list }: BatchRecord,
  mostKept: number,
): Promise<void> {
  const keeps = report === undefined || list.entries <= mostKept;
  if (missing(counters) === 0) return await forgetRooms(records, id, keeps ? ['shards'] : ['shards', 'outcomes']);
  for await (const path of pathsUnder(records, KEYS.outcomesOf(id))) {
    const found = await records.get<ShardOutcomes>({ path });
    if (found?.value.outcomes.every(isThere) === true)
      await records.delete({ path: `shards/${id}/${found.value.shard}.json` });
  }
}

/** What is kept of an ended batch for a retry: another one to its place has begun. */
export async function forgetEnded(records: Records, id: string): Promise<void> {
  const batch = await readableBatch({ records }, id);
  if (batch !== undefined && isBatchOver(batch)) await forgetEntries(records, id);
}

/** All that the state folder has of its entries. */
export async function forgetEntries(records: Records, id: string): Promise<void> {
  await forgetRooms(records, id, ['shards', 'outcomes']);
}

/** All that the state folder has of it. The record goes last: as long as it is there, the rest can be found. */
export async function forgetBatch(records: Records, id: string): Promise<void> {
  await forgetRooms(records, id, ROOMS);
  await records.delete(KEYS.batch(id));
}

/** Of its entries: what was to be brought, and what became of it. */
async function forgetRooms(records: Records, id: string, rooms: readonly (typeof ROOMS)[number][]): Promise<void> {
  for (const room of rooms)
    for await (const path of pathsUnder(records, `${room}/${id}/`)) await records.delete({ path });
}
