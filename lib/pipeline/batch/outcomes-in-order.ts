import { KEYS } from '../../records/records.ts';
import type { Outcome } from '../../transfer/batch/outcome.ts';
import type { BatchPorts } from './batch-ports.ts';
import type { ShardIndex } from './run-shards.ts';

/**
 * All outcomes that are written, in list order. Shards overlap, since each holds one host: those that do are in memory
 * together, and no others, so that this does not grow with the list.
 */
export async function* outcomesInOrder(
  ports: Pick<BatchPorts, 'records'>,
  batchId: string,
  shards: readonly ShardIndex[],
): AsyncGenerator<Outcome> {
  const load = async (shard: number): Promise<Outcome[]> => {
    const found = await ports.records.get(KEYS.outcomes(batchId, shard));
    return [...(found?.value.outcomes ?? [])].sort((a, b) => a.entry - b.entry);
  };
  const inOrder = [...shards].sort((a, b) => a.first - b.first);
  /** Of those that have begun: what is left of each. */
  const open: { readonly outcomes: Outcome[]; at: number }[] = [];
  for (let begun = 0; ; ) {
    const nearest = lowest(open);
    const next = inOrder[begun];
    if (next !== undefined && (nearest === undefined || next.first < entryAt(nearest))) {
      const outcomes = await load(next.number);
      if (outcomes.length > 0) open.push({ outcomes, at: 0 });
      begun += 1;
      continue;
    }
    if (nearest === undefined) return;
    const outcome = nearest.outcomes[nearest.at];
    nearest.at += 1;
    if (nearest.at === nearest.outcomes.length) open.splice(open.indexOf(nearest), 1);
    if (outcome !== undefined) yield outcome;
  }
}

type Open = { readonly outcomes: readonly Outcome[]; readonly at: number };

function entryAt({ outcomes, at }: Open): number {
  return outcomes[at]?.entry ?? Number.POSITIVE_INFINITY;
}

function lowest<T extends Open>(open: readonly T[]): T | undefined {
  let found: T | undefined;
  for (const one of open) if (found === undefined || entryAt(one) < entryAt(found)) found = one;
  return found;
}
