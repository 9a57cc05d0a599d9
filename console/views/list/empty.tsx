import { Logo } from '../../parts/marks.tsx';
import { hrefOf } from '../../route.ts';

export function Loading({ isOffline }: { readonly isOffline: boolean }) {
  return (
    <div class="empty" role="status">
      <p class="soft">
        {isOffline ? 'The list comes as soon as the server answers again.' : 'Reading the transfers …'}
      </p>
    </div>
  );
}

export function Empty() {
  return (
    <div class="empty">
      <Logo size={44} />
      <h2>Nothing has been transferred yet</h2>
      <p class="soft">Give a link, or many. You see what it is and how long it takes before anything is fetched.</p>
      <a class="button main" href={hrefOf({ view: 'new' })}>
        New transfer
      </a>
      <p class="soft">
        Or in a terminal: <code>piecework submit https://host/file /data/</code>
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
