import type { ErrorRecord } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import { isEntry } from '../../transfer/batch/entry.ts';
import type { BatchPorts } from './batch-ports.ts';
import { openOutcomes } from './shard-outcomes.ts';

/** Gives each entry that has no outcome the outcome `cancelled`, so that the report has all of them. */
export async function endEarly(
  ports: Pick<BatchPorts, 'records' | 'shards'>,
  batchId: string,
  shards: number,
  because: ErrorRecord,
): Promise<void> {
  for (let shard = 1; shard <= shards; shard += 1) {
    const outcomes = await openOutcomes(ports, batchId, shard, true);
    const has = new Set(outcomes.all.map(({ entry }) => entry));
    for (const listed of (await ports.shards.get(batchId, shard)) ?? []) {
      if (has.has(listed.number)) continue;
      const [first] = isEntry(listed) ? listed.sources : [];
      const source = isEntry(listed) ? (first === undefined ? '' : shownUrl(first)) : listed.source;
      outcomes.add({ entry: listed.number, kind: 'cancelled', name: listed.name, source, error: because });
    }
    await outcomes.checkpoint();
  }
}
