import { useEffect, useMemo, useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { TransferPage } from '../../api/shapes.ts';
import { useNarrow, useWindowWidth } from '../../parts/narrow.ts';
import { go, route } from '../../route.ts';
import { hearTransfer, items } from '../../state/items.ts';
import { link } from '../../state/live.ts';
import type { Row } from '../../state/rows.ts';
import { store, useStore } from '../../state/store.ts';
import { count } from '../../words/format.ts';
import type { Choice } from './choice.ts';
import { chosen, NO_CHOICE } from './choice.ts';
import { COLUMNS, shownColumns } from './columns.tsx';
import { Empty, Loading, NothingFound } from './empty.tsx';
import { Grid } from './grid.tsx';
import { Picked } from './picked.tsx';
import { Tools } from './tools.tsx';

/** Kept while the reader is elsewhere on the page. */
const choiceNow = store<Choice>(NO_CHOICE);

/** What was opened last, until the reader goes elsewhere than back. */
let opened: string | undefined;
route.follow(() => {
  const where = route.get();
  if (where.view !== 'list') opened = 'id' in where ? where.id : undefined;
});

export function List() {
  const { rows, version, loaded } = useStore(items);
  const choice = useStore(choiceNow);
  const keys = useStore(shownColumns);
  const { phase } = useStore(link);
  const isNarrow = useNarrow();
  const width = useWindowWidth();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const columns = useMemo(
    () => COLUMNS.filter(({ key, isAlways, fromPixels = 0 }) => isAlways || (keys.has(key) && width > fromPixels)),
    [keys, width],
  );
  const shown = useMemo(() => chosen(rows.values(), choice, COLUMNS), [rows, version, choice]);
  useSearchOfServer(choice.search, loaded !== 'all');

  const picked = [...selected].flatMap((id) => rows.get(id) ?? []);
  const onSort = (key: string) => choiceNow.set({ ...choice, sort: nextSort(choice.sort, key) });
  const onOpen = ({ kind, id }: Row) => go({ view: kind, id });
  return (
    <section class="list" aria-label="Transfers and batches">
      <h1 class="hidden-text">Transfers and batches</h1>
      <Tools rows={rows} version={version} choice={choice} onChange={(next) => choiceNow.set(next)} />
      <Picked picked={picked} onDone={() => setSelected(new Set())} />
      {loaded === 'first' ? <Loading phase={phase} /> : null}
      {loaded !== 'first' && rows.size === 0 ? <Empty /> : null}
      {rows.size > 0 && shown.length === 0 ? <NothingFound onClear={() => choiceNow.set(NO_CHOICE)} /> : null}
      {shown.length > 0 ? (
        <Grid
          rows={shown}
          columns={columns}
          choice={choice}
          selected={selected}
          isNarrow={isNarrow}
          returnTo={opened}
          onSort={onSort}
          onSelect={setSelected}
          onOpen={onOpen}
        />
      ) : null}
      {rows.size > 0 ? (
        <p class="soft foot" role="status">
          {count(shown.length, 'row')}
          {loaded === 'more' ? ', more are being read' : ''}
          {loaded === 'newest' ? '. These are the newest; a search looks at all.' : ''}
        </p>
      ) : null}
    </section>
  );
}

function nextSort(sort: Choice['sort'], key: string): Choice['sort'] {
  if (sort?.key !== key) return { key, isDown: false };
  return sort.isDown ? undefined : { key, isDown: true };
}

/** What is not here yet is looked for where it is. */
function useSearchOfServer(search: string, isPartial: boolean): void {
  useEffect(() => {
    const text = search.trim();
    if (!isPartial || text.length < 2) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const query = { search: text, limit: 100 };
        const page = await call<TransferPage>('GET', '/v1/transfers', { query, signal: stop.signal });
        for (const transfer of page.transfers) hearTransfer(transfer);
      } catch {
        // A server of before has no search: what is here is searched.
      }
    }, 300);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [search, isPartial]);
}
