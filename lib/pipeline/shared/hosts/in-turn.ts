import type { Records } from '../../../records/records.ts';

/** What is last in each host's row, of one process's store of records. */
const rows = new WeakMap<Records, Map<string, Promise<unknown>>>();

/**
 * Runs `change` after those that one process already has for the same host: a process need not lose a swap to itself.
 * @param change `waited` = others were before it, and what was read is old
 */
export async function inTurn<T>(records: Records, host: string, change: (waited: boolean) => Promise<T>): Promise<T> {
  const row = rows.get(records) ?? new Map<string, Promise<unknown>>();
  rows.set(records, row);
  const before = row.get(host);
  const own = before === undefined ? change(false) : before.then(next, next);
  row.set(host, own);
  try {
    return await own;
  } finally {
    if (row.get(host) === own) row.delete(host);
  }

  function next(): Promise<T> {
    return change(true);
  }
}
