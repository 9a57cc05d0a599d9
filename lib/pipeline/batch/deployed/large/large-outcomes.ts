import { PieceworkError } from '../../../../errors/error.ts';
import { KEYS } from '../../../../records/records.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { runOf } from '../../../../transfer/batch/batch-record.ts';
import type { LargeEntry, Outcome, ShardOutcomes } from '../../../../transfer/batch/outcome.ts';
import type { TransferRecord } from '../../../../transfer/record/record.ts';
import { isOver, isTombstone } from '../../../../transfer/record/record.ts';
import { unsubmitted } from '../../../../transfer/record/transitions-runs.ts';
import { stated } from '../../../../values/stated.ts';
import { fromIso } from '../../../../values/time.ts';
import { cancel } from '../../../requests/cancel.ts';
import { changeDocument } from '../../../shared/batches/documents.ts';
import type { Ports } from '../../../shared/ports.ts';
import { createTransfer, loadTransfer, saveTransfer } from '../../../shared/store.ts';
import { isLostSwap } from '../../../shared/taken-over.ts';

/**
 * Gives large entries of a shard the outcomes of their transfers, as far as these have ended. Of a batch that is
 * ending, open ones are cancelled first, and one that is not there yet never will be.
 * @param most so many of the first ones are transfers, or about to be
 * @returns all outcomes of the shard that are there afterwards
 */
export async function takeLargeOutcomes(
  ports: Ports,
  batch: BatchRecord,
  shard: number,
  most: number,
  signal: AbortSignal,
): Promise<ShardOutcomes | undefined> {
  const found = (await ports.records.get(KEYS.outcomes(batch.id, shard)))?.value;
  if (found === undefined || found.run !== runOf(batch) || found.through !== true) return found;
  const ended: Outcome[] = [];
  for (const large of (found.large ?? []).slice(0, most)) {
    const record = await transferOf(ports, batch, large, signal);
    // One whose submit was cut off is submitted once more.
    if (record !== undefined && isOver(record) && !isTombstone(record)) ended.push(outcomeOf(large, record));
  }
  if (ended.length === 0) return found;
  return await changeDocument<ShardOutcomes>(ports, KEYS.outcomes(batch.id, shard), (there) => {
    if (there?.run !== runOf(batch) || there.through !== true) return undefined;
    const open = new Set((there.large ?? []).map(({ entry }) => entry));
    const fresh = ended.filter(({ entry }) => open.has(entry));
    if (fresh.length === 0) return undefined;
    const has = new Set(fresh.map(({ entry }) => entry));
    const { large: _, ...rest } = there;
    const left = (there.large ?? []).filter(({ entry }) => !has.has(entry));
    return { ...rest, outcomes: [...there.outcomes, ...fresh], ...(left.length === 0 ? {} : { large: left }) };
  });
}

async function transferOf(
  ports: Ports,
  { ending }: BatchRecord,
  { transferId }: LargeEntry,
  signal: AbortSignal,
): Promise<TransferRecord | undefined> {
  const loaded = await loadTransfer(ports, transferId);
  if (ending === undefined) return loaded?.record;
  if (loaded !== undefined && !isOver(loaded.record))
    return await cancel(ports, transferId, signal, ending.actedBy).catch(openStill);
  if (loaded !== undefined && !isTombstone(loaded.record)) return loaded.record;
  const { run = 1 } = loaded?.record ?? {};
  // A planner that is about to submit it meets this.
  const never = unsubmitted(transferId, run, ending.reason, ports.clock.now());
  try {
    if (loaded === undefined) return (await createTransfer(ports, never)).record;
    return (await saveTransfer(ports, loaded, never)).record;
  } catch (error) {
    if (!isLostSwap(error)) throw error;
    return undefined;
  }
}

/** It ended in between, or was changed: the next tick looks again. */
function openStill(error: unknown): undefined {
  if (error instanceof PieceworkError && (error.code === 'TransferEnded' || error.code === 'Conflict'))
    return undefined;
  throw error;
}

function outcomeOf({ entry, name, source }: LargeEntry, record: TransferRecord): Outcome {
  const { request, result, createdAt, endedAt, status, reason } = record;
  const common = { entry, name, source };
  if (status === 'completed' && result !== undefined) {
    const { sizeBytes, digests, etag, unchanged = false, crc32 } = result;
    const elapsedMs = endedAt === undefined ? undefined : fromIso(endedAt) - fromIso(createdAt);
    const proved = { ...digests, ...stated({ crc32 }) };
    return {
      ...common,
      kind: unchanged ? 'unchanged' : 'done',
      sizeBytes,
      digests: proved,
      ...stated({ etag, elapsedMs }),
    };
  }
  const isCancelled = status === 'cancelled' || request.source.url === '';
  return { ...common, kind: isCancelled ? 'cancelled' : 'failed', ...stated({ error: reason }) };
}
