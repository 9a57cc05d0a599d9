import type { Feed, FeedRequest } from '../../api/live.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Clock, Instant } from '../../values/time.ts';
import { FeedReader } from './reader.ts';
import { EventRing } from './ring.ts';

/** What stands in an event: asked for when it is sent, at most four times a second. `undefined` = it is gone. */
export interface FeedViews {
  transfer(id: string): Promise<object | undefined>;
  /** Of a transfer that somewhere a page is open for. */
  pieces(id: string): Promise<object | undefined>;
  batch?(id: string): Promise<object | undefined>;
  service?(): Promise<object | undefined>;
  hosts?(): Promise<object | undefined>;
}

export interface FeedParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly boot: string;
  readonly views: FeedViews;
  readonly heartbeatMs?: number;
  readonly everyMs?: number;
  readonly ring?: EventRing;
}

/** What of the server is new. */
export type Touched =
  | { readonly kind: 'transfer' | 'batch'; readonly id: string }
  | { readonly kind: 'service' | 'hosts' };

/** Events for those who watch. While there are none, and a minute after the last one left, it does nothing. */
export interface OwnFeed extends Feed {
  /** It is sent within a quarter of a second, once for all that was touched meanwhile. */
  touch(what: Touched): void;
  /** All readers come to their end, in good order. */
  end(): void;
}

const EVERY_MS = 250;
const HOSTS_EVERY_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** One whose connection broke comes back within this. */
const AFTERWARDS_MS = 60_000;
const MOST_READERS = 64;
/** More at once are one `reset`. */
const MOST_TOUCHED = 2_000;

export function openFeed(parts: FeedParts): OwnFeed {
  const { clock, boot, views, heartbeatMs = HEARTBEAT_MS, everyMs = EVERY_MS, ring = new EventRing() } = parts;
  const readers = new Map<FeedReader, string | undefined>();
  const touched = { transfer: new Set<string>(), batch: new Set<string>(), service: false, hosts: false };
  /** What was sent last: it is not sent again. */
  const sent = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let isSending = false;
  let hasEnded = false;
  let lastReadAt: Instant = Number.NEGATIVE_INFINITY;
  let hostsAt: Instant = Number.NEGATIVE_INFINITY;
  /** Something happened while there was no reader. */
  let hasMissed = false;

  const isWatched = () => readers.size > 0 || clock.now() - lastReadAt < AFTERWARDS_MS;

  function plan(): void {
    if (timer !== undefined || isSending || hasEnded) return;
    timer = setTimeout(() => {
      timer = undefined;
      isSending = true;
      void sendAll()
        .catch(() => {})
        .finally(() => {
          isSending = false;
          if (isAnyTouched()) plan();
        });
    }, everyMs);
    timer.unref();
  }

  const isAnyTouched = () => touched.transfer.size > 0 || touched.batch.size > 0 || touched.service || touched.hosts;

  function add(type: string, key: string, view: object): void {
    const data = JSON.stringify(view);
    if (sent.get(key) === data) return;
    sent.delete(key);
    sent.set(key, data);
    const [oldest] = sent.keys();
    if (sent.size > MOST_TOUCHED && oldest !== undefined) sent.delete(oldest);
    ring.add({ type, data });
  }

  async function sendAll(): Promise<void> {
    if (!isWatched()) return forget();
    const first = ring.next;
    const transfers = taken(touched.transfer);
    const batches = taken(touched.batch);
    const { service } = touched;
    touched.service = false;
    for (const id of transfers) await sendOne('transfer', id, views.transfer);
    for (const id of batches) if (views.batch !== undefined) await sendOne('batch', id, views.batch);
    if (service) await sendWhole('service', views.service);
    if (touched.hosts && clock.now() - hostsAt >= HOSTS_EVERY_MS) await sendHosts();
    if (ring.next > first) wakeAll();
    await showWatched(transfers);
  }

  async function sendHosts(): Promise<void> {
    touched.hosts = false;
    hostsAt = clock.now();
    await sendWhole('hosts', views.hosts);
  }

  async function showWatched(transfers: ReadonlySet<string>): Promise<void> {
    for (const id of new Set(readers.values()))
      if (id !== undefined && transfers.has(id)) await showPieces(id, [...readersOf(id)]);
  }

  async function sendOne(
    type: 'transfer' | 'batch',
    id: string,
    view: (id: string) => Promise<object | undefined>,
  ): Promise<void> {
    const found = await unlessItFails(() => view(id));
    if (found !== undefined) add(type, `${type}/${id}`, found);
    // It was there: lists that show it are to be loaded again.
    else if (sent.delete(`${type}/${id}`)) ring.add({ type: 'reset', data: '{}' });
  }

  async function sendWhole(type: string, view: (() => Promise<object | undefined>) | undefined): Promise<void> {
    const found = view === undefined ? undefined : await unlessItFails(view);
    if (found !== undefined) add(type, type, found);
  }

  async function showPieces(id: string, to: readonly FeedReader[]): Promise<void> {
    const found = await unlessItFails(() => views.pieces(id));
    if (found === undefined) return;
    const data = JSON.stringify(found);
    for (const reader of to) reader.show({ type: 'pieces', data });
  }

  function* readersOf(id: string): Generator<FeedReader> {
    for (const [reader, of] of readers) if (of === id) yield reader;
  }

  function forget(): void {
    touched.transfer.clear();
    touched.batch.clear();
    touched.service = false;
    touched.hosts = false;
    sent.clear();
    hasMissed = true;
  }

  function beginAnew(): void {
    forget();
    hasMissed = false;
    ring.break();
    wakeAll();
  }

  function wakeAll(): void {
    for (const reader of readers.keys()) reader.wake();
  }

  return {
    touch(what) {
      if (!isWatched()) {
        hasMissed = true;
        return;
      }
      if (what.kind === 'transfer' || what.kind === 'batch') {
        touched[what.kind].add(what.id);
        if (touched[what.kind].size > MOST_TOUCHED) beginAnew();
      } else touched[what.kind] = true;
      plan();
    },

    open({ lastEventId, transferId }: FeedRequest) {
      if (hasEnded) throw new PieceworkError('Interrupted', 'the service is shutting down; ask again');
      if (readers.size >= MOST_READERS)
        throw new PieceworkError('ApiBusy', `${MOST_READERS} read the events already; close some, or ask later`);
      if (hasMissed) ring.break();
      hasMissed = false;
      const reader = new FeedReader({
        ring,
        boot,
        heartbeatMs,
        ...(lastEventId === undefined ? {} : { lastEventId }),
      });
      readers.set(reader, transferId);
      lastReadAt = clock.now();
      if (transferId !== undefined) void showPieces(transferId, [reader]);
      return reader.stream(() => {
        if (readers.delete(reader)) lastReadAt = clock.now();
      });
    },

    end() {
      hasEnded = true;
      clearTimeout(timer);
      for (const reader of readers.keys()) reader.end();
    },
  };
}

function taken(all: Set<string>): ReadonlySet<string> {
  const some = new Set(all);
  all.clear();
  return some;
}

/** What can't be looked up now is sent with the next change. */
async function unlessItFails(view: () => Promise<object | undefined>): Promise<object | undefined> {
  try {
    return await view();
  } catch {
    return undefined;
  }
}
