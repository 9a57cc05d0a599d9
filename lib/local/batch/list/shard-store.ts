import type { ShardStore } from '../../../pipeline/batch/batch-ports.ts';
import { shownSource } from '../../../pipeline/requests/shown-source.ts';
import type { RecordKey, Records } from '../../../records/records.ts';
import type { Listed } from '../../../transfer/batch/entry.ts';
import { isEntry } from '../../../transfer/batch/entry.ts';

/** A shard as it lies on the disk: without a secret. */
interface StoredShard {
  readonly v: 1;
  readonly entries: readonly Listed[];
}

/** Of one batch, in one process. */
export interface LocalShards extends ShardStore {
  /** The shards of `from` are those of `to`, which has them already on the disk: the list was read once more. */
  adopt(from: string, to: string, shards: number): Promise<void>;
}

/**
 * Shards in the state folder. One that has a secret in it is in this process's memory only, as the source of a transfer
 * is: after a crash the same command reads the list once more, and brings it again.
 */
export function localShards(records: Records): LocalShards {
  const secret = new Map<string, readonly Listed[]>();

  return {
    async put(batchId, { number, entries }) {
      if (entries.some(holdsSecret)) secret.set(nameOf(batchId, number), entries);
      else await records.put(keyOf(batchId, number), { v: 1, entries }, 'absent');
    },
    async get(batchId, number) {
      return secret.get(nameOf(batchId, number)) ?? (await records.get(keyOf(batchId, number)))?.value.entries;
    },
    async adopt(from, to, shards) {
      for (let number = 1; number <= shards; number += 1) {
        const entries = secret.get(nameOf(from, number));
        if (entries !== undefined) secret.set(nameOf(to, number), entries);
        secret.delete(nameOf(from, number));
        await records.delete(keyOf(from, number));
      }
    },
  };
}

function keyOf(batchId: string, number: number): RecordKey<StoredShard> {
  return { path: `shards/${nameOf(batchId, number)}.json` };
}

function nameOf(batchId: string, number: number): string {
  return `${batchId}/${number}`;
}

function holdsSecret(listed: Listed): boolean {
  if (!isEntry(listed)) return false;
  const { sources, checksumsFrom } = listed;
  const all = checksumsFrom === undefined ? sources : [...sources, checksumsFrom];
  return all.some((source) => shownSource(source).withheld);
}
