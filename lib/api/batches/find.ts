import { PieceworkError } from '../../errors/error.ts';
import { batchNotFound } from '../../pipeline/requests/batches/batch-errors.ts';
import { loadBatch } from '../../pipeline/requests/batches/load-batch.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { isBatchOver, isBatchTombstone, runOf } from '../../transfer/batch/batch-record.ts';
import type { Ownership } from '../ownership.ts';

const LOOK_EVERY_MS = 1_000;

/** Whether a caller sees this batch. To others it is as if it did not exist. */
export function seesBatch(caller: string, { read }: Ownership): (batch: BatchRecord) => boolean {
  return (batch) => !isBatchTombstone(batch) && (read === 'anyone' || ownerOf(batch) === caller);
}

/** @throws PieceworkError `BatchNotFound`, also where the caller may not see it. */
export async function findSeen(
  ports: Pick<Ports, 'records'>,
  batchId: string,
  sees: (batch: BatchRecord) => boolean,
): Promise<BatchRecord> {
  const batch = await loadBatch(ports, batchId);
  if (batch === undefined || !sees(batch)) throw batchNotFound(batchId);
  return batch;
}

/**
 * Asked before anything is done for the request.
 * @throws PieceworkError `NotOwner`; `BatchNotFound` where the caller may not even see it.
 */
export async function checkBatchChange(
  ports: Pick<Ports, 'records'>,
  batchId: string,
  caller: string,
  ownership: Ownership,
): Promise<void> {
  const batch = await findSeen(ports, batchId, seesBatch(caller, ownership));
  if (ownership.change === 'anyone' || ownerOf(batch) === caller) return;
  throw new PieceworkError(
    'NotOwner',
    `batch ${batchId} belongs to another caller, and only its owner may retry or cancel it; ask the owner, or ` +
      'the operator of this deployment, who can allow it to all callers',
  );
}

/** Waits until its status, its run or its way to an end has changed. Reads its record only, once a second. */
export async function waitForBatch(
  ports: Pick<Ports, 'records' | 'clock'>,
  batchId: string,
  waitMs: number,
  sees: (batch: BatchRecord) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const until = ports.clock.now() + waitMs;
  const first = await findSeen(ports, batchId, sees);
  for (let batch = first; !isBatchOver(batch) && stageOf(batch) === stageOf(first); ) {
    const leftMs = until - ports.clock.now();
    if (leftMs <= 0) return;
    await ports.clock.sleep(Math.min(LOOK_EVERY_MS, leftMs), signal);
    batch = await findSeen(ports, batchId, sees);
  }
}

function stageOf(batch: BatchRecord): string {
  return `${batch.status} ${runOf(batch)} ${batch.ending === undefined}`;
}

function ownerOf({ owner = 'local' }: BatchRecord): string {
  return owner;
}
