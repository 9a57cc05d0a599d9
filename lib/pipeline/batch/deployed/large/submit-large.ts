import { KEYS } from '../../../../records/records.ts';
import { placeUnder } from '../../../../transfer/batch/batch-place.ts';
import { runOf } from '../../../../transfer/batch/batch-record.ts';
import type { BatchEntry } from '../../../../transfer/batch/entry.ts';
import { isEntry } from '../../../../transfer/batch/entry.ts';
import type { SubmitLarge } from '../../../../transfer/messages.ts';
import { isTombstone } from '../../../../transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../../../transfer/request.ts';
import { stated } from '../../../../values/stated.ts';
import { loadBatch } from '../../../requests/batches/load-batch.ts';
import { submit } from '../../../requests/submit.ts';
import type { Ports } from '../../../shared/ports.ts';
import { loadTransfer } from '../../../shared/store.ts';
import { shardsOf } from '../entries/sealed-shards.ts';

/** Makes transfers of the first large entries of a shard, those that are none yet. Repeatable. */
export async function submitLarge(
  ports: Ports,
  { batchId, shard, most }: SubmitLarge,
  signal: AbortSignal,
): Promise<void> {
  const batch = await loadBatch(ports, batchId);
  const found = (await ports.records.get(KEYS.outcomes(batchId, shard)))?.value;
  if (batch?.status !== 'running' || found === undefined || found.run !== runOf(batch)) return;
  const { ifExists, strict, maxAttempts, maxWaitMs, object, perHost } = batch.options;
  const listed = (await shardsOf(ports, batch).get(batchId, shard)) ?? [];
  for (const { entry: number, transferId, mirror = 0 } of (found.large ?? []).slice(0, most)) {
    signal.throwIfAborted();
    const there = (await loadTransfer(ports, transferId))?.record;
    if (there !== undefined && !isTombstone(there)) continue;
    if ((await loadBatch(ports, batchId))?.ending !== undefined) return;
    const entry = listed.find((one): one is BatchEntry => one.number === number && isEntry(one));
    const source = entry?.sources[mirror];
    if (entry === undefined || source === undefined) continue;
    await submit(ports, {
      id: transferId,
      owner: batch.owner ?? '',
      source,
      destination: placeUnder(batch.place, entry.name),
      object,
      options: {
        ...DEFAULT_OPTIONS,
        ifExists,
        maxFailures: maxAttempts,
        expect: entry.expect,
        // A further run of the batch is another transfer.
        holdMs: 0,
        ...stated({ strict, maxWaitMs, parallelism: perHost === undefined ? undefined : Math.min(perHost, 256) }),
      },
      batch: { id: batchId, entry: number, shard },
      ...stated({ trace: batch.trace }),
    });
  }
}
