import { placeUnder } from '../../../../transfer/batch/batch-place.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { runOf } from '../../../../transfer/batch/batch-record.ts';
import { sumLines, sumsName } from '../../../../transfer/batch/sums-list.ts';
import type { Ports } from '../../../shared/ports.ts';
import { outcomesInOrder } from '../../outcomes-in-order.ts';
import type { ShardIndex } from '../../run-shards.ts';
import { storeLines } from './store-lines.ts';

/** Writes a list of checksums under the prefix for each algorithm of the batch, as `sha256sum -c` takes it. */
export async function storeSums(
  ports: Ports,
  batch: BatchRecord,
  shards: readonly ShardIndex[],
  signal: AbortSignal,
): Promise<void> {
  const { id, place, options, list } = batch;
  const outcomes = () => outcomesInOrder(ports, id, shards);
  const isList = (name: string) => list.from === ports.destinations(place).describe(placeUnder(place, name));
  for (const algorithm of options.checksums ?? []) {
    const target = placeUnder(place, await sumsName(algorithm, id, outcomes(), isList));
    const token = `${id}.${algorithm}${runOf(batch)}`;
    const object = { target, token, settings: options.object, contentType: 'text/plain' };
    await storeLines(ports, object, sumLines(outcomes(), algorithm), signal);
  }
}
