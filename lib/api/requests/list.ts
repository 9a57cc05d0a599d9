import { PieceworkError } from '../../errors/error.ts';
import type { Page } from '../../pipeline/requests/newest-first.ts';
import { newestFirst } from '../../pipeline/requests/newest-first.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import type { Status, TransferRecord } from '../../transfer/record/record.ts';
import { isTombstone } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import type { Sees } from '../ownership.ts';

export interface PageQuery {
  readonly status?: Status;
  /** Only the large entries of this batch. @default only what is of no batch */
  readonly batch?: string;
  /** Others are left out. @default all are seen */
  readonly sees?: Sees;
  readonly limit: number;
  /** Only ids below this one. */
  readonly before?: string;
}

/** Newest first. */
export async function listPage(
  ports: Pick<Ports, 'records' | 'clock'>,
  { status, batch, sees, limit, before }: PageQuery,
): Promise<Page<TransferRecord>> {
  return await newestFirst(ports, {
    room: 'transfers',
    async read(id) {
      const record = await readable(ports, id);
      if (record === undefined || (status !== undefined && record.status !== status)) return undefined;
      return record.batch?.id === batch && sees?.(record) !== false ? record : undefined;
    },
    limit,
    ...stated({ before }),
  });
}

async function readable(ports: Pick<Ports, 'records'>, id: string): Promise<TransferRecord | undefined> {
  try {
    const record = (await loadTransfer(ports, id))?.record;
    return record === undefined || isTombstone(record) ? undefined : record;
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}
