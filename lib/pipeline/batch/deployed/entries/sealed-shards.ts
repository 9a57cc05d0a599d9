import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import type { Listed } from '../../../../transfer/batch/entry.ts';
import type { Shard } from '../../../../transfer/batch/shards.ts';
import { fleetOf, SEALED } from '../../../shared/batches/fleet.ts';
import type { BatchFleet, Ports } from '../../../shared/ports.ts';
import type { ShardStore } from '../../batch-ports.ts';

/** A shard as it is sealed. */
interface SealedShard {
  readonly v: 1;
  readonly entries: readonly Listed[];
}

/** Written at a time. */
const SIDE_BY_SIDE = 16;

/** Of one reading of a list: `put` returns before it is written, and `flush` when all is. */
export interface SealedShards extends ShardStore {
  flush(): Promise<void>;
}

/** Those of the reading that the batch runs on. */
export function shardsOf(ports: Pick<Ports, 'fleet'>, { list }: Pick<BatchRecord, 'list'>): ShardStore {
  return sealedShards(fleetOf(ports), list.readingId ?? '');
}

export function sealedShards({ sealed }: BatchFleet, readingId: string): SealedShards {
  const writing = new Set<Promise<void>>();
  return {
    async put(batchId: string, { number, entries }: Shard) {
      const value: SealedShard = { v: 1, entries };
      const one = sealed.seal(SEALED.shard(batchId, readingId, number), value).finally(() => writing.delete(one));
      one.catch(() => {});
      writing.add(one);
      if (writing.size >= SIDE_BY_SIDE) await Promise.race(writing);
    },
    async get(batchId, number) {
      return (await sealed.unseal<SealedShard>(SEALED.shard(batchId, readingId, number)))?.entries;
    },
    async flush() {
      await Promise.all(writing);
    },
  };
}
