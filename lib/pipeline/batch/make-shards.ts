import { shownUrl } from '../../errors/secret-url-path.ts';
import { sequentialHasher } from '../../integrity/hasher.ts';
import { hostOf } from '../../records/records.ts';
import type { Listed } from '../../transfer/batch/entry.ts';
import { isEntry } from '../../transfer/batch/entry.ts';
import type { Shard, ShardLimits } from '../../transfer/batch/shards.ts';
import { shardMaker } from '../../transfer/batch/shards.ts';
import { stated } from '../../values/stated.ts';
import type { BatchPorts } from './batch-ports.ts';
import type { ShardIndex } from './run-shards.ts';

export interface MadeShards {
  readonly entries: number;
  /** Sum of the sizes that the list states. */
  readonly listedBytes: number;
  /** What makes them these entries, hex; no secret goes into it. */
  readonly sha256: string;
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
  const hasher = sequentialHasher(['sha256']);
  let entries = 0;
  let listedBytes = 0;
  async function store(shards: readonly Shard[]): Promise<void> {
    for (const shard of shards) {
      await ports.shards.put(batchId, shard);
      const {
        number,
        host,
        entries: [first],
      } = shard;
      made.push({ number, first: first?.number ?? 0, ...stated({ host }) });
    }
  }
  for await (const listed of list) {
    entries += 1;
    if (isEntry(listed)) listedBytes += listed.expect.sizeBytes ?? 0;
    hasher.update(Buffer.from(`${identityOf(listed)}\n`));
    const [source] = isEntry(listed) ? listed.sources : [];
    await store(maker.add(listed, source === undefined ? 'none' : hostOf(source.url)));
  }
  await store(maker.end());
  return { entries, listedBytes, sha256: hasher.digests().sha256 ?? '', shards: made };
}

function identityOf(listed: Listed): string {
  if (!isEntry(listed)) return JSON.stringify([listed.number, listed.error.code]);
  const { number, name, sources, expect, checksumsFrom } = listed;
  const checksums = checksumsFrom === undefined ? [] : [shownUrl(checksumsFrom)];
  return JSON.stringify([number, name, sources.map(shownUrl), expect, ...checksums]);
}
