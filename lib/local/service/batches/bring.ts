import { fromErrorRecord, PieceworkError } from '../../../errors/error.ts';
import { findBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../../transfer/batch/batch-record.ts';
import { batchFolder } from '../../batch/batch-folder.ts';
import { batchStore } from '../../batch/batch-store.ts';
import type { LocalShards } from '../../batch/list/shard-store.ts';
import type { Progress } from '../../batch/progress.ts';
import type { KnownShard } from '../../batch/requests/stored-shards.ts';
import { storedShards } from '../../batch/requests/stored-shards.ts';
import type { BatchDrain } from '../../batch/run/batch-drain.ts';
import { endBatch } from '../../batch/run/end-batch.ts';
import { discardLeftPuts } from '../../batch/run/left-puts.ts';
import { runListed } from '../../batch/run/run-listed.ts';
import { runStored } from '../../batch/run/run-stored.ts';
import type { Home } from '../../home/home.ts';
import { asRequested } from './given-list.ts';
import type { ListStore } from './list-store.ts';

/** As many as the page draws. */
const MOST_KEPT = 20_000;

/** Where what is not on the disk is found. */
export interface Held {
  readonly lists: ListStore;
  /** Of all batches of this process. */
  readonly shards: LocalShards;
}

/** One time of work on a batch. */
export interface Round {
  readonly progress: Progress;
  readonly drain: BatchDrain;
}

/**
 * Works on a batch, whose place is locked, until it has ended: with the list as it was submitted, or with what is open
 * of the shards that were made of it.
 * @throws PieceworkError why it could not be brought to its end, or was stopped.
 */
export async function bring(
  home: Home,
  { lists, shards }: Held,
  batchId: string,
  round: Round,
  signal: AbortSignal,
): Promise<void> {
  const record = await findBatch(home, batchId);
  if (isBatchOver(record)) return;
  if (record.ending !== undefined) throw fromErrorRecord(record.ending.reason);
  const folder = batchFolder(home.destinations, record.destination);
  const store = batchStore(home, folder);
  const parts = { record, folder, store, shards, mostKept: MOST_KEPT, ...round };
  const known = await knownShards(home, record, shards);
  try {
    folder.makeRoom('list');
    if (known !== undefined) {
      await runStored(home, { ...parts, known, begin: () => store.begin(record, undefined) }, signal);
      return;
    }
    const given = await lists.get(batchId);
    if (given === undefined) throw listLost(record);
    const onRead = () => lists.forget(batchId);
    await runListed(home, { ...parts, from: asRequested(given), onRead }, signal);
  } catch (error) {
    folder.removeEmpty();
    throw error;
  }
}

/** `undefined`: its list was not read to its end, or what is open of it is not at hand any more. */
async function knownShards(
  home: Home,
  record: BatchRecord,
  shards: LocalShards,
): Promise<readonly KnownShard[] | undefined> {
  if (record.list.entriesSha256 === '') return undefined;
  const known = await storedShards(home.records, record, shards);
  return known.some(({ isLost }) => isLost) ? undefined : known;
}

function listLost({ id, list }: BatchRecord): PieceworkError {
  const why =
    list.entriesSha256 === ''
      ? 'its list was not read to its end, and'
      : 'URLs, headers or credentials of its entries hold secrets, which';
  return new PieceworkError(
    'SourceNeeded',
    `batch ${id} can't go on after the restart: ${why} is not stored; submit it again, which goes on with what is missing`,
  );
}

/** Ends a batch, whose place is locked, before its end: what has no outcome is cancelled, the report is written. */
export async function endEarly(
  home: Home,
  batchId: string,
  reason: PieceworkError,
  signal: AbortSignal,
): Promise<void> {
  const batch = await findBatch(home, batchId);
  if (isBatchOver(batch)) return;
  const folder = batchFolder(home.destinations, batch.destination);
  const store = batchStore(home, folder);
  if (reason.code === 'Cancelled') await discardLeftPuts(home, batch, signal);
  const shards = (await storedShards(home.records, batch)).map(({ index }) => index);
  await endBatch(home, { batch, folder, store, shards, mostKept: MOST_KEPT }, reason, signal);
}
