import { Logo } from '../../parts/marks.tsx';
import { hrefOf } from '../../route.ts';
import type { Link } from '../../state/live.ts';
import { service } from '../../state/live.ts';
import { useStore } from '../../state/store.ts';

const WHILE_READING: Readonly<Record<Link['phase'], string>> = {
  connecting: 'Reading the transfers …',
  live: 'Reading the transfers …',
  asked: 'Reading the transfers …',
  offline: 'The list comes as soon as the server answers again.',
  refused: 'The list comes as soon as you are let in.',
};

export function Loading({ phase }: Pick<Link, 'phase'>) {
  return (
    <div class="empty" role="status">
      <p class="soft">{WHILE_READING[phase]}</p>
    </div>
  );
}

export function Empty() {
  const place = useStore(service)?.home === 'aws' ? 's3://bucket/prefix/ --stack NAME' : '/data/';
  return (
    <div class="empty">
      <Logo size={44} />
      <h2>Nothing has been transferred yet</h2>
      <p class="soft">Give a link, or many. You see what it is and how long it takes before anything is fetched.</p>
      <a class="button main" href={hrefOf({ view: 'new' })}>
        New transfer
      </a>
      <p class="soft">
        Or in a terminal: <code>piecework submit https://host/file {place}</code>
      </p>
    </div>
  );
}

export function NothingFound({ onClear }: { onClear(): void }) {
  return (
    <div class="empty">
      <h2>None of them fits</h2>
      <p class="soft">There are transfers, but none with this search and these filters.</p>
      <button type="button" class="button" onClick={onClear}>
        Show all
      </button>
    </div>
  );
}
