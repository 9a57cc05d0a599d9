import type { Summary, TransferFilter } from '../../api/requests/filter.ts';
import { fits, idsWithin, summaryOf } from '../../api/requests/filter.ts';
import type { ListTransfers, PageQuery } from '../../api/requests/list.ts';
import { readableTransfer, readableTransfers } from '../../api/requests/list.ts';
import { ACTIVE } from '../../api/schemas/statuses.ts';
import type { Page } from '../../pipeline/requests/newest-first.ts';
import { activeTransfers } from '../../pipeline/shared/markers.ts';
import { pathsUnder } from '../../pipeline/shared/paths-under.ts';
import type { Status, TransferRecord } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import type { Home } from '../home/home.ts';
import { SortedIds } from './sorted-ids.ts';

/** Which transfers a state folder has, for lists of them: names, and of those that were read what lists go by. */
export interface TransferIndex extends Disposable {
  readonly list: ListTransfers;
}

/** Records are read so many at a time. */
const TOGETHER = 50;
/** The more of them have to be passed over, up to so many. */
const MOST_TOGETHER = 1_000;
/** A page that takes longer is short: the next one goes on. */
const PATIENCE_MS = 300;
/** What is kept of one is a few hundred bytes. */
const MOST_SUMMARIES = 200_000;
/** All names are read anew: a system that watches a folder may lose news. */
const LIST_EVERY_MS = 60_000;
const MOST_CHANGED = 2_000;
const OPEN: ReadonlySet<Status> = new Set(ACTIVE);

/** Made when the first list is asked for, and kept current: by what this process writes, and what the system says. */
export function transferIndex(home: Pick<Home, 'records' | 'clock' | 'watchRecords'>): TransferIndex {
  const { clock } = home;
  /** `undefined`: it is shown to no one. */
  const summaries = new Map<string, Summary | undefined>();
  const changed = new Set<string>();
  let ids: SortedIds | undefined;
  let listedAt: Instant = 0;
  let listing: Promise<SortedIds> | undefined;
  let watching: Disposable | undefined;

  function note(path: string): void {
    const [, id] = /^transfers\/([0-9A-HJKMNP-TV-Z]{26})\.json$/.exec(path) ?? [];
    if (id === undefined) return;
    summaries.delete(id);
    changed.add(id);
  }

  async function listAll(): Promise<SortedIds> {
    watching ??= home.watchRecords(note);
    const found: string[] = [];
    for await (const path of pathsUnder(home.records, 'transfers/')) {
      const [, id] = /^transfers\/([0-9A-HJKMNP-TV-Z]{26})\.json$/.exec(path) ?? [];
      if (id !== undefined) found.push(id);
    }
    listedAt = clock.now();
    return new SortedIds(found);
  }

  async function listedAnew(): Promise<SortedIds> {
    listing ??= listAll().finally(() => {
      listing = undefined;
    });
    ids = await listing;
    return ids;
  }

  async function current(): Promise<SortedIds> {
    const age = clock.now() - listedAt;
    if (changed.size > MOST_CHANGED) {
      changed.clear();
      summaries.clear();
      return await listedAnew();
    }
    const known = ids ?? (await listedAnew());
    if (age < 0 || age >= LIST_EVERY_MS) void listedAnew().catch(() => {});
    const news = [...changed];
    changed.clear();
    await inTurns(news, async (id) => {
      const record = await readableTransfer(home, id);
      keep(id, record);
      if (record === undefined) known.delete(id);
      else known.add(id);
    });
    return ids ?? known;
  }

  function keep(id: string, record: TransferRecord | undefined): void {
    if (summaries.size >= MOST_SUMMARIES) summaries.clear();
    summaries.set(id, record === undefined ? undefined : summaryOf(record));
  }

  /** Those that are wanted, as far as they are, in the order of their names; what is not known is read. */
  async function wantedOf(some: readonly string[], filter: TransferFilter): Promise<readonly string[]> {
    const unknown = some.filter((id) => !summaries.has(id));
    for (const [index, record] of (await readableTransfers(home, unknown)).entries())
      keep(unknown[index] ?? '', record);
    return some.filter((id) => {
      const summary = summaries.get(id);
      return summary !== undefined && fits(summary, filter);
    });
  }

  /** Those of them that are wanted, read anew. */
  async function recordsOf(some: readonly string[], { sees, ...filter }: TransferFilter & Pick<PageQuery, 'sees'>) {
    const wanted = await wantedOf(some, filter);
    return (await readableTransfers(home, wanted)).flatMap((record) => {
      return record !== undefined && fits(summaryOf(record), filter) && sees?.(record) !== false ? record : [];
    });
  }

  async function list({ limit, before, ...asked }: PageQuery): Promise<Page<TransferRecord>> {
    const all = await idsFor(asked);
    const { floor = '', ceiling } = idsWithin(asked);
    const from = [before, ceiling].flatMap((id) => id ?? []).sort()[0];
    const until = clock.now() + PATIENCE_MS;
    const records: TransferRecord[] = [];
    for (let at = from, together = TOGETHER; ; together = Math.min(2 * together, MOST_TOGETHER)) {
      const some = all.below(at, together);
      for (const record of await recordsOf(some, asked)) {
        records.push(record);
        if (records.length < limit) continue;
        return all.below(record.id, 1).length === 0 ? { records } : { records, next: record.id };
      }
      at = some.at(-1);
      if (at === undefined || some.length < together || at < floor) return { records };
      if (clock.now() >= until) return { records, next: at };
    }
  }

  /** What is not over has a marker: there are few of them, however many have ended. */
  async function idsFor({ statuses }: TransferFilter): Promise<SortedIds> {
    if (statuses === undefined || [...statuses].some((status) => !OPEN.has(status))) return await current();
    watching ??= home.watchRecords(note);
    // What was read while it changed may have been kept after that.
    for (const id of changed) summaries.delete(id);
    if (ids === undefined) changed.clear();
    const marked = new Set<string>();
    for await (const { transferId } of activeTransfers(home)) marked.add(transferId);
    return new SortedIds([...marked]);
  }

  return { list, [Symbol.dispose]: () => watching?.[Symbol.dispose]() };
}

async function inTurns<T>(all: readonly T[], handle: (one: T) => Promise<void>): Promise<void> {
  for (let index = 0; index < all.length; index += TOGETHER)
    await Promise.all(all.slice(index, index + TOGETHER).map(handle));
}
