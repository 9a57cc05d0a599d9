import type { Home } from '../home/home.ts';
import type { LiveTransfers } from '../live/live-transfers.ts';
import type { OwnFeed } from './feed.ts';
import { openFeed } from './feed.ts';
import { feedViews } from './views.ts';

/** What happens in this home, and what other processes do to its records, as events for those who watch. */
export function homeFeed(home: Home, live: LiveTransfers): OwnFeed & Disposable {
  const views = feedViews(home, live);
  const feed = openFeed({ clock: home.clock, boot: home.ids.ulid(), views });
  const changes = home.watchRecords((path) => {
    const [, room, id = ''] = /^(transfers|batches)\/([0-9A-Z]{26})\.json$/.exec(path) ?? [];
    if (room === 'batches') feed.touch({ kind: 'batch', id });
    if (room !== 'transfers') return;
    views.changed(id);
    feed.touch({ kind: 'transfer', id });
  });
  const events = home.listen((event) => {
    live.hear(event);
    if (!('transferId' in event)) return;
    feed.touch({ kind: 'transfer', id: event.transferId });
  });
  return {
    ...feed,
    [Symbol.dispose]() {
      events[Symbol.dispose]();
      changes[Symbol.dispose]();
      feed.end();
    },
  };
}
