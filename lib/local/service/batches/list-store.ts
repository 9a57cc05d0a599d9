import type { RecordKey, Records } from '../../../records/records.ts';
import type { GivenList } from './given-list.ts';
import { isSecretList } from './given-list.ts';

interface StoredList extends GivenList {
  readonly v: 1;
}

/** Lists that were submitted, until they are read. One that holds a secret is in this process's memory only. */
export interface ListStore {
  put(batchId: string, list: GivenList): Promise<void>;
  get(batchId: string): Promise<GivenList | undefined>;
  forget(batchId: string): Promise<void>;
}

export function listStore(records: Records): ListStore {
  const secret = new Map<string, GivenList>();
  return {
    async put(batchId, { list, reading, source }) {
      const given: GivenList = {
        list,
        ...(reading === undefined ? {} : { reading }),
        ...(source === undefined ? {} : { source }),
      };
      if (isSecretList(given)) {
        secret.set(batchId, given);
        return;
      }
      const key = keyOf(batchId);
      const there = await records.get(key);
      await records.put(key, { v: 1, ...given }, there?.version ?? 'absent');
    },
    async get(batchId) {
      return secret.get(batchId) ?? (await records.get(keyOf(batchId)))?.value;
    },
    async forget(batchId) {
      if (!secret.delete(batchId)) await records.delete(keyOf(batchId));
    },
  };
}

function keyOf(batchId: string): RecordKey<StoredList> {
  return { path: `lists/${batchId}/list.json` };
}
