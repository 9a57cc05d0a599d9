import type { ErrorRecord } from '../../errors/error.ts';
import { shownSourceOf } from '../../transfer/batch/entry.ts';
import type { BatchPorts } from './batch-ports.ts';
import { openOutcomes } from './shard-outcomes.ts';

/** Gives each entry that has no outcome the outcome `cancelled`, so that the report has all of them. */
export async function endEarly(
  ports: Pick<BatchPorts, 'records' | 'shards' | 'clock' | 'ids'>,
  batchId: string,
  shards: number,
  because: ErrorRecord,
): Promise<void> {
  for (let shard = 1; shard <= shards; shard += 1) {
    const outcomes = await openOutcomes(ports, batchId, shard, true);
    const has = new Set(outcomes.all.map(({ entry }) => entry));
    for (const listed of (await ports.shards.get(batchId, shard)) ?? []) {
      if (has.has(listed.number)) continue;
      const { number, name } = listed;
      outcomes.add({ entry: number, kind: 'cancelled', name, source: shownSourceOf(listed), error: because });
    }
    await outcomes.checkpoint();
  }
}
