import type { PieceworkError } from '../../errors/error.ts';
import { toErrorRecord } from '../../errors/error.ts';
import { readableBatch } from '../../pipeline/requests/batches/load-batch.ts';
import type { RecordKey } from '../../records/records.ts';
import { KEYS } from '../../records/records.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { begun, ended } from '../../transfer/batch/batch-transitions.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { stated } from '../../values/stated.ts';
import type { Home } from '../home/home.ts';
import type { BatchFolder } from './batch-folder.ts';
import { changeRecord } from './change-record.ts';
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
  /** The last batch. To be read as soon as the place is locked: what is asked of it from then on ends it. */
  last(): Promise<BatchRecord | undefined>;
  /** Before the list is read: what a crash leaves of it is found by this. */
  announce(draft: BatchRecord): Promise<void>;
  /**
   * The batch is the last to its folder from now on, and what is kept of the one before is not needed any more.
   * @param before as it was when the place was locked, of one that is gone on with: a cancel from before that does not
   * end it now
   * @returns it as it then is
   */
  begin(batch: BatchRecord, before: BatchRecord | undefined): Promise<BatchRecord>;
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

  return {
    place,
    lock: () => home.locks.acquire(place),
    async last() {
      const found = await home.records.get(last);
      return found === undefined ? undefined : await readableBatch(home, found.value.batchId);
    },
    async announce(draft) {
      await home.records.put(KEYS.batch(draft.id), draft, 'absent');
    },
    async begin(batch, before) {
      const record = await changeRecord(home.records, KEYS.batch(batch.id), (there) => {
        const ending = there?.updatedAt === before?.updatedAt ? undefined : there?.ending;
        return { ...begun(batch, home.clock.now()), ...stated({ ending }) };
      });
      const lastId = (await home.records.get(last))?.value.batchId;
      await changeRecord(home.records, last, () => ({ v: 1, batchId: batch.id }));
      if (lastId !== undefined && lastId !== batch.id) await forgetEnded(home.records, lastId);
      return record;
    },
    async end(batch, { reason, report, counters, failures }) {
      const because = reason === undefined ? undefined : toErrorRecord(reason);
      const how = stated({ report, reason: because, counters, failures });
      // A cancel that comes now comes too late: each entry has its outcome.
      return await changeRecord(home.records, KEYS.batch(batch.id), () => ended(batch, how, home.clock.now()));
    },
  };
}
