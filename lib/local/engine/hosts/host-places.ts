import { isRunning, ownIdentity } from '../../../disk/process-identity.ts';
import { changeHost } from '../../../pipeline/shared/hosts/change.ts';
import type { HostPorts } from '../../../pipeline/shared/hosts/entry.ts';
import { ceilingOf, readHostEntry } from '../../../pipeline/shared/hosts/entry.ts';
import { withoutShare } from '../../../pipeline/shared/hosts/share.ts';
import type { HostEntry } from '../../../records/records.ts';
import type { Instant } from '../../../values/time.ts';
import type { Connections } from '../connections.ts';
import { claimShare, endedProcesses, sharersAlive } from './process-share.ts';

/**
 * Which of the connections that a host is known to bear are this process's: all that share its state folder divide them
 * fairly, and nothing is asked beyond. Of a host of which no limit is known nothing is written. All of it is a hint:
 * where it can't be read or written, the process goes by what it knows.
 */
export interface HostPlaces extends AsyncDisposable {
  /** Connections that this process may have now; `undefined` = nothing is known against any number. */
  now(host: string): Promise<number | undefined>;
  /** The same once it may have one: waits for that. */
  whenAny(host: string, signal: AbortSignal): Promise<number | undefined>;
  /** Its share, as `now` says it, if it had one: for what may write nothing. */
  ifItShared(host: string): Promise<number | undefined>;
  /** Leaves its share to the others, if nothing of this process uses the host any more. */
  leaveUnused(host: string): Promise<void>;
}

export interface HostPlacesParts {
  readonly ports: Pick<HostPorts, 'clock' | 'ids'>;
  /** As they are in the state folder: what others wrote is seen at once. */
  readonly records: () => HostPorts['records'];
  readonly connections: Pick<Connections, 'openTo' | 'wantedOf'>;
  /** @default those of this machine */
  readonly processes?: { readonly own: typeof ownIdentity; readonly isRunning: typeof isRunning };
}

interface Claimed {
  readonly places: number | undefined;
  readonly owed: number;
  /** Before. */
  readonly had: number;
  readonly next?: HostEntry;
}

/** What is known of a host's places holds for so long, */
const LOOK_EVERY_MS = 1_000;
/** and so long where one of those who share it waits. */
const WAIT_MS = 250;
/** A host that was not asked for so long is left to the others. */
const UNUSED_MS = 10_000;

interface Known {
  /** `undefined` = no limit is known. */
  places: number | undefined;
  lookedAt?: Instant;
  looking?: Promise<void>;
  usedAt: Instant;
  isListed: boolean;
  /** Others wait for what it has open. */
  owed: number;
}

export function hostPlaces(parts: HostPlacesParts): HostPlaces {
  const { records, connections, processes = { own: ownIdentity, isRunning } } = parts;
  const { clock, ids } = parts.ports;
  const id = `process-${ids.ulid()}`;
  const byHost = new Map<string, Known>();
  const closing = new AbortController();
  const attending = new Set<Promise<void>>();
  const ports = (): HostPorts => ({ records: records(), clock, ids, policy: {} });

  function knownOf(host: string): Known {
    const known = byHost.get(host) ?? { places: undefined, usedAt: clock.now(), isListed: false, owed: 0 };
    byHost.set(host, known);
    return known;
  }

  /** One at a time for each host; what can't be looked up changes nothing. */
  async function look(host: string, known: Known): Promise<void> {
    known.looking ??= claim(host, known)
      .catch(() => {})
      .finally(() => {
        known.lookedAt = clock.now();
        delete known.looking;
      });
    await known.looking;
  }

  async function claim(host: string, known: Known): Promise<void> {
    const found = (await readHostEntry(ports(), host))?.value;
    if (limitOf(found) === undefined && !known.isListed) {
      known.places = undefined;
      return;
    }
    const of = { id, process: await processes.own(), dead: await endedProcesses(found, id, processes.isRunning) };
    const change = (entry: HostEntry) => {
      const ceiling = limitOf(entry);
      if (ceiling === undefined) return { places: undefined, had: 0, owed: 0 };
      // It asks, so it wants one.
      const wanted = Math.max(1, connections.wantedOf(host));
      const [open, now] = [connections.openTo(host), clock.now()];
      const had = entry.sharers?.[id]?.places ?? 0;
      return { had, ...claimShare(entry, { ...of, ceiling, wanted, open, now }) };
    };
    const { last, isWritten } = await changeHost<Claimed>(ports(), host, change, closing.signal);
    known.owed = last.owed;
    // Where others were faster each time, it has what it had.
    known.places = isWritten || last.next === undefined ? last.places : Math.min(last.places ?? 0, last.had);
    if (last.places !== undefined && !known.isListed) attend(host, known);
  }

  function limitOf(entry: HostEntry | undefined): number | undefined {
    return ceilingOf(ports(), entry)?.connections;
  }

  /** While it has a share, it looks whether others are due some of it, and renews its lease. */
  function attend(host: string, known: Known): void {
    known.isListed = true;
    const loop = (async () => {
      while (known.isListed) {
        await clock.sleep(known.owed > 0 ? WAIT_MS : LOOK_EVERY_MS, closing.signal);
        if (connections.openTo(host) > 0) known.usedAt = clock.now();
        if (clock.now() - known.usedAt >= UNUSED_MS) await leave(host, known);
        else await look(host, known);
      }
    })()
      .catch(() => {})
      .finally(() => attending.delete(loop));
    attending.add(loop);
  }

  async function leave(host: string, known: Known): Promise<void> {
    await known.looking;
    if (!known.isListed) return;
    known.isListed = false;
    byHost.delete(host);
    const change = (entry: HostEntry) => withoutShare(ports(), entry, id, 'left');
    await changeHost(ports(), host, change, new AbortController().signal).catch(() => {});
  }

  async function placesNow(host: string): Promise<number | undefined> {
    const known = knownOf(host);
    known.usedAt = clock.now();
    const age = clock.now() - (known.lookedAt ?? Number.NEGATIVE_INFINITY);
    const isOld = age < 0 || age >= (known.places === 0 ? WAIT_MS : LOOK_EVERY_MS);
    if (known.looking !== undefined || isOld) await look(host, known);
    return known.places;
  }

  return {
    now: placesNow,

    async whenAny(host, signal) {
      for (;;) {
        const places = await placesNow(host);
        if (places !== 0) return places;
        await clock.sleep(WAIT_MS, signal);
      }
    },

    async ifItShared(host) {
      const found = (await readHostEntry(ports(), host))?.value;
      const ceiling = limitOf(found);
      if (ceiling === undefined) return undefined;
      const ended = await endedProcesses(found, id, processes.isRunning);
      const sharers = sharersAlive(found, ended, clock.now());
      return Math.max(1, Math.floor(ceiling / (Object.keys(sharers).length + 1)));
    },

    async leaveUnused(host) {
      const known = byHost.get(host);
      if (known !== undefined && connections.wantedOf(host) === 0) await leave(host, known);
    },

    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.all(attending);
      for (const [host, known] of byHost) await leave(host, known);
    },
  };
}
