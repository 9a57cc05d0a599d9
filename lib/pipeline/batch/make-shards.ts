import { hostOf } from '../../records/records.ts';
import type { Listed } from '../../transfer/batch/entry.ts';
import { isEntry } from '../../transfer/batch/entry.ts';
import type { Shard, ShardLimits } from '../../transfer/batch/shards.ts';
import { shardMaker } from '../../transfer/batch/shards.ts';
import type { BatchPorts } from './batch-ports.ts';
import type { ShardIndex } from './run-shards.ts';

export interface MadeShards {
  readonly entries: number;
  readonly shards: readonly ShardIndex[];
}

/** Reads the list to its end, once, and stores it in shards. */
export async function makeShards(
  ports: Pick<BatchPorts, 'shards'>,
  batchId: string,
  list: AsyncIterable<Listed>,
  limits?: ShardLimits,
): Promise<MadeShards> {
  const maker = shardMaker(limits);
  const made: ShardIndex[] = [];
  let entries = 0;
  async function store(shards: readonly Shard[]): Promise<void> {
    for (const shard of shards) {
      await ports.shards.put(batchId, shard);
      made.push(shard.host === undefined ? { number: shard.number } : { number: shard.number, host: shard.host });
    }
  }
  for await (const listed of list) {
    entries += 1;
    const [source] = isEntry(listed) ? listed.sources : [];
    await store(maker.add(listed, source === undefined ? 'none' : hostOf(source.url)));
  }
  await store(maker.end());
  return { entries, shards: made };
}
