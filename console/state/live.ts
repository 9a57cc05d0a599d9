import { call, Problem } from '../api/call.ts';
import { entry } from '../api/session.ts';
import type { Host, PiecesEvent, Service, ShownBatch, ShownTransfer } from '../api/shapes.ts';
import type { ServerEvent } from '../api/stream.ts';
import { stream } from '../api/stream.ts';
import { hearBatch, hearTransfer, items, loadAll, loadFirst, loadNewest } from './items.ts';
import { store } from './store.ts';

/* Keeps what this page shows as the server has it, over restarts of the server and breaks of the network. */

export interface Link {
  /** `asked`: every few seconds, where the server sends no events; `refused`: it answers, and not to this caller. */
  readonly phase: 'connecting' | 'live' | 'asked' | 'offline' | 'refused';
  /** By this browser's clock: since when it is so. */
  readonly sinceMs: number;
  readonly why: string | undefined;
}

export const link = store<Link>({ phase: 'connecting', sinceMs: Date.now(), why: undefined });
export const service = store<Service | undefined>(undefined);
export const hosts = store<readonly Host[] | undefined>(undefined);
/** News of the pieces of the transfer that is looked at. */
export const piecesNews = store<PiecesEvent | undefined>(undefined);
/** News of any transfer: the last one. */
export const transferNews = store<ShownTransfer | undefined>(undefined);
export const batchNews = store<ShownBatch | undefined>(undefined);

/** Each look costs a deployment requests: there are fewer of them while the tab is hidden, or nothing is under way. */
const ASK_EVERY_MS = 3_000;
const ASK_RARELY_MS = 12_000;
/** Whether a deployment is paused is asked so rarely, since it hardly ever changes. */
const ASK_SERVICE_EVERY_MS = 30_000;
const LONGEST_WAIT_MS = 4_000;

let focused: string | undefined;
let again = new AbortController();

/** Whose pieces are followed. */
export function focus(transferId: string | undefined): void {
  if (focused === transferId) return;
  focused = transferId;
  again.abort();
}

/** Never ends. */
export async function stayLive(): Promise<void> {
  const last: { id: string | undefined } = { id: undefined };
  for (let failures = 0; ; ) {
    if (entry.get() !== 'given') await changeOf(entry);
    again = new AbortController();
    try {
      await once(last, again.signal, () => {
        failures = 0;
      });
      if (again.signal.aborted) continue;
      say('offline', 'the server ended the connection');
    } catch (thrown) {
      if (again.signal.aborted) continue;
      const said = thrown instanceof Problem && thrown.status > 0 ? thrown : undefined;
      say(said?.status === 403 ? 'refused' : 'offline', said?.message ?? 'it does not answer');
    }
    failures += 1;
    await pause(Math.min(LONGEST_WAIT_MS, 250 * 2 ** failures));
  }
}

async function once(last: { id: string | undefined }, signal: AbortSignal, reached: () => void): Promise<void> {
  // What is asked beside needs no more to be shown; all of it is read again below.
  if (items.get().loaded === 'first') loadFirst(signal).catch(() => undefined);
  const found = await loadService(signal);
  if (!found.features.includes('events')) {
    await loadAll(signal);
    for (let askedAt = Date.now(); ; ) {
      reached();
      say('asked', undefined);
      for (let waitedMs = 0; waitedMs < (isQuiet() ? ASK_RARELY_MS : ASK_EVERY_MS); waitedMs += ASK_EVERY_MS)
        await pause(ASK_EVERY_MS, signal);
      await loadNewest(signal);
      if (Date.now() - askedAt < ASK_SERVICE_EVERY_MS) continue;
      await loadService(signal);
      askedAt = Date.now();
    }
  }
  // The lists are read once events come: nothing is lost between the two. With an id that the server still knows,
  // the events alone say what has changed.
  let isReading = false;
  const read = () => {
    if (isReading) return;
    isReading = true;
    void loadAll(signal)
      .catch(() => again.abort())
      .finally(() => {
        isReading = false;
      });
  };
  const query = focused === undefined ? '' : `?transfer=${encodeURIComponent(focused)}`;
  const isKnown = last.id !== undefined && items.get().loaded !== 'first' && items.get().loaded !== 'more';
  await stream(`/v1/events${query}`, last, signal, {
    open() {
      reached();
      say('live', undefined);
      if (!isKnown) read();
    },
    event(event) {
      if (event.type === 'reset') {
        read();
        void loadService(signal).catch(() => undefined);
      } else take(event);
    },
  });
}

/** The tab is hidden, or nothing moves. */
function isQuiet(): boolean {
  return document.hidden || [...items.get().rows.values()].every(({ isOver }) => isOver);
}

/** Of a server of before, that has no such answer, as little as is certain. @throws Problem */
async function loadService(signal: AbortSignal): Promise<Service> {
  let found: Service;
  try {
    found = await call<Service>('GET', '/v1/service', { signal });
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.status !== 404) throw thrown;
    const { version } = await call<{ readonly version: string }>('GET', '/v1/health', { signal });
    found = { home: 'unknown', version, features: ['batches'] };
  }
  service.set(found);
  return found;
}

export async function refreshService(): Promise<void> {
  await loadService(AbortSignal.timeout(10_000)).catch(() => undefined);
}

function take({ type, data }: ServerEvent): void {
  if (data === undefined) return;
  switch (type) {
    case 'transfer':
      hearTransfer(data as ShownTransfer);
      transferNews.set(data as ShownTransfer);
      return;
    case 'batch':
      hearBatch(data as ShownBatch);
      batchNews.set(data as ShownBatch);
      return;
    case 'pieces':
      piecesNews.set(data as PiecesEvent);
      return;
    case 'service':
      service.set(data as Service);
      return;
    case 'hosts':
      hosts.set((data as { readonly hosts: readonly Host[] }).hosts);
      return;
    default:
    // Of a newer server.
  }
}

function say(phase: Link['phase'], why: string | undefined): void {
  const now = link.get();
  if (now.phase === phase && now.why === why) return;
  link.set({ phase, why, sinceMs: now.phase === phase ? now.sinceMs : Date.now() });
}

async function changeOf(from: typeof entry): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = from.follow(() => {
      end();
      resolve();
    });
  });
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('aborted', 'AbortError'));
    });
  });
}
