import { onConflictAgain } from '../../pipeline/shared/store.ts';
import type { RecordKey, Records } from '../../records/records.ts';

/**
 * Reads, changes, stores, and again with what is there now where another process was faster: who works on a batch holds
 * its lock, and who cancels it does not.
 * @throws PieceworkError `Conflict` after four lost swaps; what `change` throws
 */
export async function changeRecord<T>(
  records: Records,
  key: RecordKey<T>,
  change: (there: T | undefined) => T,
): Promise<T> {
  return await onConflictAgain(async () => {
    const found = await records.get(key);
    const changed = change(found?.value);
    await records.put(key, changed, found?.version ?? 'absent');
    return changed;
  });
}
