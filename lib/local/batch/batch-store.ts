import type { PieceworkError } from '../../errors/error.ts';
import { toErrorRecord } from '../../errors/error.ts';
import type { RecordKey } from '../../records/records.ts';
import { KEYS } from '../../records/records.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { begun, ended } from '../../transfer/batch/batch-transitions.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { stated } from '../../values/stated.ts';
import type { Home } from '../home/home.ts';
import type { BatchFolder } from './batch-folder.ts';
import { forgetEnded } from './clean-batches.ts';

/** Which batch was the last to a folder, on one machine: that one is gone on with. */
interface LastBatch {
  readonly v: 1;
  readonly batchId: string;
}

/** The records of the batches to one folder. One process at a time has it. */
export interface BatchStore {
  readonly place: DestinationLocator;
  /** @throws PieceworkError `DestinationLocked`. */
  lock(): Promise<AsyncDisposable>;
  /** The last batch, where it is the same one and was not brought to its end. */
  unfinished(batch: BatchRecord): Promise<BatchRecord | undefined>;
  /** Before the list is read: what a crash leaves of it is found by this. */
  announce(draft: BatchRecord): Promise<void>;
  /**
   * The batch is the last to its folder from now on, and what is kept of the one before is not needed any more.
   * @param goesOn with one that has begun before: what was asked of it then does not end it now
   * @returns it as it then is
   */
  begin(batch: BatchRecord, goesOn: boolean): Promise<BatchRecord>;
  end(
    batch: BatchRecord,
    how: Pick<BatchRecord, 'counters' | 'failures'> & {
      readonly reason: PieceworkError | undefined;
      readonly report: string | undefined;
    },
  ): Promise<BatchRecord>;
}

export function batchStore(home: Home, folder: BatchFolder): BatchStore {
  // A name in the folder that stands for all of it.
  const place = folder.locate('.piecework-batch');
  const last: RecordKey<LastBatch> = { path: `keys/batch-${home.locks.key(place)}` };

  async function put<T>(key: RecordKey<T>, value: T): Promise<void> {
    const found = await home.records.get(key);
    await home.records.put(key, value, found?.version ?? 'absent');
  }

  return {
    place,
    lock: () => home.locks.acquire(place),
    async unfinished({ list }) {
      const batchId = (await home.records.get(last))?.value.batchId;
      const before = batchId === undefined ? undefined : (await home.records.get(KEYS.batch(batchId)))?.value;
      if (before === undefined || before.status === 'completed' || before.list.entriesSha256 === '') return undefined;
      const isSame = before.list.entriesSha256 === list.entriesSha256 && before.list.shards === list.shards;
      return isSame ? before : undefined;
    },
    announce: (draft) => put(KEYS.batch(draft.id), draft),
    async begin(batch, goesOn) {
      const key = KEYS.batch(batch.id);
      const asked = goesOn ? undefined : (await home.records.get(key))?.value.ending;
      const record = { ...begun(batch, home.clock.now()), ...stated({ ending: asked }) };
      await put(key, record);
      const before = (await home.records.get(last))?.value.batchId;
      await put(last, { v: 1, batchId: batch.id });
      if (before !== undefined && before !== batch.id) await forgetEnded(home.records, before);
      return record;
    },
    async end(batch, { reason, report, counters, failures }) {
      const because = reason === undefined ? undefined : toErrorRecord(reason);
      const how = stated({ report, reason: because, counters, failures });
      const record = ended(batch, how, home.clock.now());
      await put(KEYS.batch(batch.id), record);
      return record;
    },
  };
}
