import { call, Problem } from '../api/call.ts';
import type { BatchPage, ShownBatch, ShownTransfer, TransferPage } from '../api/shapes.ts';
import type { Row } from './rows.ts';
import { rowOfBatch, rowOfTransfer } from './rows.ts';
import { store } from './store.ts';

/* All transfers and batches that this page knows, as they came: in pages, and as news of one of them. */

export interface Items {
  readonly rows: ReadonlyMap<string, Row>;
  /** One more with each change. */
  readonly version: number;
  /** `first`: the first page has not come; `more`: others follow; `all`; `newest`: there are more than are kept. */
  readonly loaded: 'first' | 'more' | 'all' | 'newest';
}

/** As many as are kept; older ones are found by a search, which asks the server. */
const MOST_KEPT = 20_000;
const SCREEN = 40;
const FIRST_PAGE = 100;
const PAGE = 500;

const rows = new Map<string, Row>();
/** When news of it last came, as a count: a page that was asked for before is older than that. */
const heardAt = new Map<string, number>();
let heard = 0;
let version = 0;
let isDue = false;

export const items = store<Items>({ rows, version, loaded: 'first' });

function changed(): void {
  version += 1;
  if (isDue) return;
  isDue = true;
  // Many news at once are drawn once; a hidden tab draws rarely.
  setTimeout(
    () => {
      isDue = false;
      items.set({ ...items.get(), rows, version });
    },
    document.hidden ? 2_000 : 120,
  );
}

export function hearTransfer(transfer: ShownTransfer): void {
  // Large entries of batches are looked at in their batch.
  if (transfer.batch !== undefined) return;
  heard += 1;
  heardAt.set(transfer.id, heard);
  rows.set(transfer.id, rowOfTransfer(transfer));
  changed();
}

export function hearBatch(batch: ShownBatch): void {
  heard += 1;
  heardAt.set(batch.id, heard);
  rows.set(batch.id, rowOfBatch(batch));
  changed();
}

/** The newest, as many as a screen shows: while it is found out what else there is. @throws Problem */
export async function loadFirst(signal: AbortSignal): Promise<void> {
  const begin = heard;
  const { transfers, nextCursor }: TransferPage = await call('GET', '/v1/transfers', {
    query: { limit: SCREEN },
    signal,
  });
  if (items.get().loaded !== 'first') return;
  for (const transfer of transfers)
    if ((heardAt.get(transfer.id) ?? 0) <= begin) rows.set(transfer.id, rowOfTransfer(transfer));
  // Where there are none, there may be batches.
  if (nextCursor === undefined && transfers.length === 0) return;
  version += 1;
  items.set({ rows, version, loaded: 'more' });
}

/** Reads all pages, the first one small, so that something is there at once. @throws Problem */
export async function loadAll(signal: AbortSignal): Promise<void> {
  const begin = heard;
  const batches = loadBatches(signal, begin);
  // It is awaited after the first page, and may fail before that.
  batches.catch(() => undefined);
  let cursor: string | undefined;
  let kept = 0;
  const seen = new Set<string>();
  do {
    const limit = cursor === undefined ? FIRST_PAGE : PAGE;
    const page = await transfersFrom(cursor, limit, signal);
    for (const transfer of page.transfers) {
      seen.add(transfer.id);
      if ((heardAt.get(transfer.id) ?? 0) <= begin) rows.set(transfer.id, rowOfTransfer(transfer));
    }
    kept += page.transfers.length;
    if (cursor === undefined) await batches;
    cursor = page.nextCursor;
    const loaded = cursor === undefined ? 'all' : kept >= MOST_KEPT ? 'newest' : 'more';
    version += 1;
    items.set({ rows, version, loaded });
  } while (cursor !== undefined && kept < MOST_KEPT);
  if (cursor === undefined) forgetOthers(seen, begin);
}

/** A home of before gives no more than 100 at once. */
async function transfersFrom(cursor: string | undefined, limit: number, signal: AbortSignal): Promise<TransferPage> {
  try {
    return await call('GET', '/v1/transfers', { query: { limit, cursor }, signal });
  } catch (thrown) {
    if (limit <= FIRST_PAGE || !(thrown instanceof Problem) || thrown.status !== 400) throw thrown;
    return await transfersFrom(cursor, FIRST_PAGE, signal);
  }
}

async function loadBatches(signal: AbortSignal, begin: number): Promise<void> {
  let cursor: string | undefined;
  do {
    const page: BatchPage = await call('GET', '/v1/batches', { query: { limit: FIRST_PAGE, cursor }, signal });
    for (const batch of page.batches) if ((heardAt.get(batch.id) ?? 0) <= begin) rows.set(batch.id, rowOfBatch(batch));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** What was there before a restart and is not any more. */
function forgetOthers(seen: ReadonlySet<string>, begin: number): void {
  for (const { id, kind } of [...rows.values()])
    if (kind === 'transfer' && !seen.has(id) && (heardAt.get(id) ?? 0) <= begin) rows.delete(id);
  changed();
}

/** The newest page, and what is under way: where nothing says by itself what has changed. @throws Problem */
export async function loadNewest(signal: AbortSignal): Promise<void> {
  const page: TransferPage = await call('GET', '/v1/transfers', { query: { limit: FIRST_PAGE }, signal });
  for (const transfer of page.transfers) rows.set(transfer.id, rowOfTransfer(transfer));
  const known = new Set(page.transfers.map(({ id }) => id));
  const older = [...rows.values()].filter(({ id, kind, isOver }) => kind === 'transfer' && !isOver && !known.has(id));
  for (const { id } of older.slice(0, 20)) {
    const transfer = await call<ShownTransfer>('GET', `/v1/transfers/${id}`, { signal });
    rows.set(id, rowOfTransfer(transfer));
  }
  const { batches }: BatchPage = await call('GET', '/v1/batches', { query: { limit: 50 }, signal });
  for (const batch of batches) rows.set(batch.id, rowOfBatch(batch));
  changed();
}
