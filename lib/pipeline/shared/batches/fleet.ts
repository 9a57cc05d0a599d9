import { PieceworkError } from '../../../errors/error.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { toIso } from '../../../values/time.ts';
import type { BatchFleet, Ports } from '../ports.ts';
import { createUnlessThere } from '../store.ts';
import { changeDocument } from './documents.ts';

/** @throws PieceworkError `InvalidOption` where this home brings no batches as a fleet. */
export function fleetOf({ fleet }: Pick<Ports, 'fleet'>): BatchFleet {
  if (fleet !== undefined) return fleet;
  throw new PieceworkError(
    'InvalidOption',
    'no batches are taken here: run "piecework batch", or submit to a deployment',
  );
}

/** Names of what is sealed of a batch. */
export const SEALED = {
  all: (batchId: string) => `batches/${batchId}/`,
  list: (batchId: string) => `batches/${batchId}/list`,
  shards: (batchId: string, readingId: string) => `batches/${batchId}/${readingId}/`,
  shard: (batchId: string, readingId: string, shard: number) => `batches/${batchId}/${readingId}/${shard}`,
} as const;

/** Work remains: stands before the batch does, and goes last. */
export async function markBatchActive(ports: Pick<Ports, 'records' | 'clock'>, id: string, run: number): Promise<void> {
  await createUnlessThere(ports, KEYS.activeBatch(id, run), { v: 1, at: toIso(ports.clock.now()) });
}

/** Reads, changes, stores a batch's record. `change` returning `undefined` = leave it. */
export async function changeBatch(
  ports: Pick<Ports, 'records' | 'ids'>,
  id: string,
  change: (there: BatchRecord) => BatchRecord | undefined,
): Promise<BatchRecord | undefined> {
  return await changeDocument(ports, KEYS.batch(id), (there) => (there === undefined ? undefined : change(there)));
}
