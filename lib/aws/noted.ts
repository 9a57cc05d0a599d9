import type { Records } from '../records/records.ts';
import type { BatchRecord } from '../transfer/batch/batch-record.ts';
import type { TransferRecord } from '../transfer/record/record.ts';
import { stated } from '../values/stated.ts';

/** What a message says of its transfer or batch besides its body, as far as the record has passed through here. */
export interface Noted {
  /** Queues are fair between owners. */
  readonly owner?: string;
  /** A W3C `traceparent`: what the message leads to is a part of that trace. */
  readonly trace?: string;
}

/** @param id `undefined` = it is of none, or of many */
export type NotedOf = (id: string | undefined) => Noted;

const MOST_KNOWN = 10_000;

/** Reads along. */
export function noteRecords(records: Records): { readonly records: Records; readonly notedOf: NotedOf } {
  const known = new Map<string, Noted>();
  const note = (path: string, value: unknown) => {
    if (!/^(transfers|batches)\//.test(path)) return;
    const { id, owner, trace, batch } = value as Partial<TransferRecord> & BatchRecord;
    if (owner === undefined && trace === undefined) return;
    if (known.size >= MOST_KNOWN) known.clear();
    const noted = stated({ owner, trace });
    known.set(id, noted);
    // The end of a large entry is sent to its batch, whose record need not have been read for that.
    if (batch !== undefined && !known.has(batch.id)) known.set(batch.id, noted);
  };
  return {
    notedOf: (id) => (id === undefined ? undefined : known.get(id)) ?? {},
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
