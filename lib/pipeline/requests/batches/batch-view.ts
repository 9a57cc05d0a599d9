import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../../transfer/batch/batch-record.ts';
import type { Board } from '../../../transfer/batch/fleet/board.ts';
import type { ShardOutcomes } from '../../../transfer/batch/outcome.ts';
import type { Sums } from '../../../transfer/batch/sums.ts';
import { byFrequency, NO_SUMS, plus, sumsOf } from '../../../transfer/batch/sums.ts';
import { pathsUnder } from '../../shared/paths-under.ts';
import type { Ports } from '../../shared/ports.ts';

/** How far a batch is: sums over the outcomes that are written; the most frequent failures first. */
export interface BatchView extends Sums {
  /** Where its shards are, as long as it runs in a deployment. */
  readonly board?: Board;
}

const READ_TOGETHER = 16;

/** Of one that has ended, as its record says; of one in a deployment, as its board; else the outcomes are counted. */
export async function batchView(ports: Pick<Ports, 'records'>, batch: BatchRecord): Promise<BatchView> {
  const { counters, failures = [] } = batch;
  if (isBatchOver(batch) && counters !== undefined) return { counters, failures };
  const board = (await ports.records.get(KEYS.board(batch.id)))?.value;
  // Its sums are those of complete shards: they grow with the swap that makes a shard complete.
  if (board !== undefined) return { counters: board.counters, failures: byFrequency(board.failures), board };
  if (batch.status === 'accepted') return NO_SUMS;
  return await countOutcomes(ports, batch.id);
}

/** Sums over all outcomes of a batch, shard by shard: what is in memory does not depend on how many there are. */
export async function countOutcomes(ports: Pick<Ports, 'records'>, batchId: string): Promise<BatchView> {
  let sums = NO_SUMS;
  for await (const outcomes of allOutcomes(ports, batchId)) sums = plus(sums, sumsOf(outcomes));
  return { ...sums, failures: byFrequency(sums.failures) };
}

/** What is written of each shard; some shards at a time. */
async function* allOutcomes(ports: Pick<Ports, 'records'>, batchId: string): AsyncGenerator<ShardOutcomes> {
  let some: string[] = [];
  const read = async (paths: readonly string[]) =>
    await Promise.all(paths.map((path) => ports.records.get<ShardOutcomes>({ path })));
  for await (const path of pathsUnder(ports.records, KEYS.outcomesOf(batchId))) {
    some.push(path);
    if (some.length < READ_TOGETHER) continue;
    for (const found of await read(some)) if (found !== undefined) yield found.value;
    some = [];
  }
  for (const found of await read(some)) if (found !== undefined) yield found.value;
}
