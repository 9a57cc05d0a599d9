import { useEffect, useRef } from 'preact/hooks';
import { entry } from './api/session.ts';
import { Toasts } from './parts/toasts.tsx';
import { go, route } from './route.ts';
import { useStore } from './state/store.ts';
import { Banners } from './views/banners.tsx';
import { Bar } from './views/bar.tsx';
import { BatchView } from './views/batch/batch.tsx';
import { Gate } from './views/gate.tsx';
import { Hosts } from './views/hosts.tsx';
import { List } from './views/list/list.tsx';
import { New } from './views/new/new.tsx';
import { TransferView } from './views/transfer/transfer.tsx';

const TITLES = { list: 'Transfers', transfer: 'Transfer', batch: 'Batch', new: 'New', hosts: 'Hosts' } as const;

export function App() {
  const now = useStore(entry);
  const where = useStore(route);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const shown = 'id' in where ? where.id : where.view;
  useEffect(() => {
    document.title = `${TITLES[where.view]} · Piecework`;
    if (isFirst.current) isFirst.current = false;
    else if (main.current?.contains(document.activeElement) !== true) main.current?.focus();
  }, [shown]);
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  if (now !== 'given') return <Gate isRefused={now === 'refused'} />;
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        To the content
      </a>
      <Bar />
      <Banners />
      <main id="main" ref={main} tabIndex={-1}>
        <View key={shown} />
      </main>
      <Toasts />
    </>
  );
}

function View() {
  const where = useStore(route);
  switch (where.view) {
    case 'list':
      return <List />;
    case 'transfer':
      return <TransferView id={where.id} />;
    case 'batch':
      return <BatchView id={where.id} />;
    case 'new':
      return <New />;
    case 'hosts':
      return <Hosts />;
  }
}

/** `/` searches, `n` is new, `g` is the list; not while something is typed. */
function onKey(event: KeyboardEvent): void {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null) return;
  if (key === '/') document.getElementById('search')?.focus();
  else if (key === 'n') go({ view: 'new' });
  else if (key === 'g') go({ view: 'list' });
  else return;
  event.preventDefault();
}
