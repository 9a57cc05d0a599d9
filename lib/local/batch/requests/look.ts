import { batchView } from '../../../pipeline/requests/batches/batch-view.ts';
import { findBatch, readableBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import { pathsUnder } from '../../../pipeline/shared/paths-under.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../../transfer/batch/batch-record.ts';
import { missing } from '../../../transfer/batch/outcome.ts';
import type { Home } from '../../home/home.ts';
import { pausedIn } from '../../service/queue/paused.ts';
import type { LocalBatch, LocalBatchStatus } from '../api.ts';
import { isListNeeded } from './stored-shards.ts';
import { openTransfersOf } from './transfers-of.ts';

/** All, newest first. */
export async function listBatches(home: Home): Promise<readonly LocalBatch[]> {
  const batches: LocalBatch[] = [];
  const paused = pausedIn(home.stateDir);
  for await (const path of pathsUnder(home.records, 'batches/')) {
    const id = /^batches\/(.+)\.json$/.exec(path)?.[1];
    const record = id === undefined ? undefined : await readableBatch(home, id);
    if (record !== undefined) batches.push({ record, ...(await standing(home, record, paused)) });
  }
  return batches.sort((a, b) => (a.record.id < b.record.id ? 1 : -1));
}

/** @throws PieceworkError `BatchNotFound`. */
export async function batchStatus(home: Home, batchId: string): Promise<LocalBatchStatus> {
  const record = await findBatch(home, batchId);
  const open = isBatchOver(record) ? [] : await openTransfersOf(home, batchId);
  const stands = await standing(home, record, pausedIn(home.stateDir));
  const view = await batchView(home, record);
  const isOpen = !stands.isRunning && (!isBatchOver(record) || missing(view.counters) > 0);
  const needsList = isOpen && (await isListNeeded(home.records, record));
  return { record, ...stands, ...view, openTransfers: open.map(({ id }) => id), ...(needsList ? { needsList } : {}) };
}

/** One that is paused in a server has its place locked there. */
async function standing(
  home: Home,
  record: BatchRecord,
  paused: ReadonlySet<string>,
): Promise<Pick<LocalBatch, 'isRunning' | 'isPaused'>> {
  const isPaused = !isBatchOver(record) && paused.has(record.id);
  return { isRunning: !isPaused && (await isWorkedOn(home, record)), ...(isPaused ? { isPaused } : {}) };
}

export async function isWorkedOn(home: Home, record: BatchRecord): Promise<boolean> {
  return !isBatchOver(record) && (await home.locks.isHeld(record.place));
}
