import type { Records } from '../records/records.ts';
import type { BatchRecord } from '../transfer/batch/batch-record.ts';
import type { TransferRecord } from '../transfer/record/record.ts';

/** Whose a transfer or a batch is, as far as its record has passed through here: queues are fair between owners. */
export interface Owners {
  /** @param id `undefined` = it is of none, or of many */
  of(id: string | undefined): string | undefined;
}

const MOST_KNOWN = 10_000;

/** Reads along. */
export function noteOwners(records: Records): { readonly records: Records; readonly owners: Owners } {
  const known = new Map<string, string>();
  const note = (path: string, value: unknown) => {
    if (!/^(transfers|batches)\//.test(path)) return;
    const { id, owner, batch } = value as Partial<TransferRecord> & BatchRecord;
    if (owner === undefined) return;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(id, owner);
    // The end of a large entry is sent to its batch, whose record need not have been read for that.
    if (batch !== undefined) known.set(batch.id, owner);
  };
  return {
    owners: { of: (id) => (id === undefined ? undefined : known.get(id)) },
    records: {
      ...records,
      async get(key) {
        const found = await records.get(key);
        if (found !== undefined) note(key.path, found.value);
        return found;
      },
      async put(key, value, on) {
        note(key.path, value);
        return await records.put(key, value, on);
      },
    },
  };
}
