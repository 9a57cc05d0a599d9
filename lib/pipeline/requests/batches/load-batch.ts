import { PieceworkError } from '../../../errors/error.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import type { Ports } from '../../shared/ports.ts';
import { batchNotFound } from './batch-errors.ts';

/** `undefined` = there is none of this id. */
export async function loadBatch(ports: Pick<Ports, 'records'>, batchId: string): Promise<BatchRecord | undefined> {
  return (await ports.records.get(KEYS.batch(batchId)))?.value;
}

/** @throws PieceworkError `BatchNotFound`. */
export async function findBatch(ports: Pick<Ports, 'records'>, batchId: string): Promise<BatchRecord> {
  const batch = await loadBatch(ports, batchId);
  if (batch === undefined) throw batchNotFound(batchId);
  return batch;
}

/** For a list: one that can't be read was set aside, with a warning, and is left out. */
export async function readableBatch(ports: Pick<Ports, 'records'>, batchId: string): Promise<BatchRecord | undefined> {
  try {
    return await loadBatch(ports, batchId);
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}
