import type { Page } from '../../pipeline/requests/newest-first.ts';
import { newestFirst } from '../../pipeline/requests/newest-first.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfers } from '../../pipeline/shared/store.ts';
import type { Status, TransferRecord } from '../../transfer/record/record.ts';
import { isTombstone } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import type { Sees } from '../ownership.ts';
import type { TransferFilter } from './filter.ts';
import { fits, idsWithin, summaryOf } from './filter.ts';

export interface PageQuery extends TransferFilter {
  /** Others are left out. @default all are seen */
  readonly sees?: Sees;
  readonly limit: number;
  /** Only ids below this one. */
  readonly before?: string;
}

/** A page of a home's transfers, newest first. */
export type ListTransfers = (query: PageQuery) => Promise<Page<TransferRecord>>;

/**
 * Newest first, of a store that nothing more is known of. Those that are not over, and those that failed or were
 * cancelled, have lists of their own in it: few among many are found without a look at the others.
 */
export async function listPage(
  ports: Pick<Ports, 'records' | 'clock' | 'policy'>,
  { sees, limit, before, ...filter }: PageQuery,
): Promise<Page<TransferRecord>> {
  const { floor, ceiling } = idsWithin(filter);
  const from = [before, ceiling].flatMap((id) => id ?? []).sort()[0];
  return await newestFirst(ports, {
    room: roomOf(ports, filter.statuses),
    async read(id) {
      const record = await readableTransfer(ports, id);
      if (record === undefined || !fits(summaryOf(record), filter)) return undefined;
      return sees?.(record) !== false ? record : undefined;
    },
    limit,
    ...stated({ before: from, floor }),
  });
}

const NOT_COMPLETED: ReadonlySet<Status> = new Set(['failed', 'cancelled']);
const OPEN: ReadonlySet<Status> = new Set(['accepted', 'planning', 'transferring', 'finalizing']);

/** The smallest list that has all with these statuses. */
function roomOf({ policy }: Pick<Ports, 'policy'>, statuses: ReadonlySet<Status> | undefined): string {
  const areIn = (some: ReadonlySet<Status>) => statuses !== undefined && [...statuses].every((one) => some.has(one));
  if (areIn(OPEN)) return 'active';
  return policy.listsNotCompleted === true && areIn(NOT_COMPLETED) ? 'not-completed' : 'transfers';
}

/** Many, in their order: as `readableTransfer`. */
export async function readableTransfers(
  ports: Pick<Ports, 'records'>,
  ids: readonly string[],
): Promise<readonly (TransferRecord | undefined)[]> {
  const records = await loadTransfers(ports, ids);
  return records.map((record) => (record === undefined || isTombstone(record) ? undefined : record));
}

/** `undefined`: there is none, what is there stands in for one, or it can't be read. */
export async function readableTransfer(ports: Pick<Ports, 'records'>, id: string): Promise<TransferRecord | undefined> {
  const [record] = await readableTransfers(ports, [id]);
  return record;
}
