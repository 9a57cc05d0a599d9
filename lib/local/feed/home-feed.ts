import type { Home } from '../home/home.ts';
import type { LiveTransfers } from '../live/live-transfers.ts';
import type { LocalService } from '../service/service.ts';
import type { FeedViews, OwnFeed } from './feed.ts';
import { openFeed } from './feed.ts';
import { feedViews } from './views.ts';

const AFTER_END_MS = 1_000;

/** What happens in this home, and what other processes do to its records, as events for those who watch. */
export function homeFeed(
  home: Home,
  live: LiveTransfers,
  service: Pick<LocalService, 'machine' | 'changes'>,
  further: Pick<FeedViews, 'batch' | 'service' | 'hosts'> = {},
): OwnFeed & Disposable {
  const views = feedViews(home, live, service);
  const feed = openFeed({ clock: home.clock, boot: home.ids.ulid(), views: { ...views, ...further } });
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
    if (event.type.startsWith('piece.')) return feed.touch({ kind: 'hosts' });
    feed.touch({ kind: 'service' });
    // When a transfer has ended, its place becomes free a moment later.
    setTimeout(() => feed.touch({ kind: 'service' }), AFTER_END_MS).unref();
  });
  const queue = service.changes.on((what) => {
    if (what?.isProgress !== true) feed.touch({ kind: 'service' });
    if (what !== undefined) feed.touch(what);
  });
  return {
    ...feed,
    [Symbol.dispose]() {
      events[Symbol.dispose]();
      changes[Symbol.dispose]();
      queue[Symbol.dispose]();
      feed.end();
    },
  };
}
