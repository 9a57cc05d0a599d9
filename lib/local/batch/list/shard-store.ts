import type { ShardStore } from '../../../pipeline/batch/batch-ports.ts';
import { shownSource } from '../../../pipeline/requests/shown-source.ts';
import type { RecordKey, Records } from '../../../records/records.ts';
import type { Listed } from '../../../transfer/batch/entry.ts';
import { isEntry, shownSourceOf } from '../../../transfer/batch/entry.ts';

/** A shard as it lies on the disk: without a secret. */
interface StoredShard {
  readonly v: 1;
  /** One that holds a secret is not stored whole: its entries as lines that can't be brought. */
  readonly withheld?: true;
  readonly entries: readonly Listed[];
}

/** Of one batch, in one process. */
export interface LocalShards extends ShardStore {
  /** The shards of `from` are those of `to`, which has them already on the disk: the list was read once more. */
  adopt(from: string, to: string, shards: number): Promise<void>;
  /** As it lies on the disk: of a shard that holds secrets, its entries as they may be shown. */
  stored(batchId: string, number: number): Promise<StoredShard | undefined>;
  /** Its secrets are not needed any more. */
  forget(batchId: string): void;
}

/**
 * Shards in the state folder. One that has a secret in it is in this process's memory only, as the source of a transfer
 * is, and on the disk without them: after a crash the same command reads the list once more, and brings it again.
 */
export function localShards(records: Records): LocalShards {
  const secret = new Map<string, readonly Listed[]>();
  const read = async (batchId: string, number: number) => (await records.get(keyOf(batchId, number)))?.value;

  return {
    async put(batchId, { number, entries }) {
      const isSecret = entries.some(holdsSecret);
      if (isSecret) secret.set(nameOf(batchId, number), entries);
      const shard: StoredShard = isSecret ? { v: 1, withheld: true, entries: entries.map(shown) } : { v: 1, entries };
      await records.put(keyOf(batchId, number), shard, 'absent');
    },
    async get(batchId, number) {
      const held = secret.get(nameOf(batchId, number));
      if (held !== undefined) return held;
      const stored = await read(batchId, number);
      return stored?.withheld === true ? undefined : stored?.entries;
    },
    stored: read,
    async adopt(from, to, shards) {
      for (let number = 1; number <= shards; number += 1) {
        const entries = secret.get(nameOf(from, number));
        if (entries !== undefined) secret.set(nameOf(to, number), entries);
        secret.delete(nameOf(from, number));
        // One that was brought to its end before is not there any more, and its entries may be tried again.
        const there = await records.get(keyOf(to, number));
        const again = there === undefined ? await read(from, number) : undefined;
        if (again !== undefined) await records.put(keyOf(to, number), again, 'absent');
        await records.delete(keyOf(from, number));
      }
    },
    forget(batchId) {
      for (const name of secret.keys()) if (name.startsWith(`${batchId}/`)) secret.delete(name);
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

/** What may be known of an entry that is not stored: no worker takes it for one. */
function shown(listed: Listed): Listed {
  if (!isEntry(listed)) return listed;
  const { number, name } = listed;
  const error = { code: 'SourceNeeded', message: 'its source holds a secret, and was not stored' } as const;
  return { number, name, source: shownSourceOf(listed), error };
}
