import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { stated } from '../../../values/stated.ts';
import type { Ports } from '../../shared/ports.ts';
import type { Page } from '../newest-first.ts';
import { newestFirst } from '../newest-first.ts';
import { readableBatch } from './load-batch.ts';

export interface BatchPageQuery {
  /** Others are left out. @default all */
  readonly wanted?: (batch: BatchRecord) => boolean;
  readonly limit: number;
  /** Only ids below this one. */
  readonly before?: string;
}

/** A page of batches, newest first. */
export async function listBatches(
  ports: Pick<Ports, 'records' | 'clock'>,
  { wanted = () => true, limit, before }: BatchPageQuery,
): Promise<Page<BatchRecord>> {
  return await newestFirst(ports, {
    room: 'batches',
    async read(id) {
      const batch = await readableBatch(ports, id);
      return batch !== undefined && wanted(batch) ? batch : undefined;
    },
    limit,
    ...stated({ before }),
  });
}
