import type { Hosts } from '../../api/schemas/hosts.ts';
import { ceilingOf, readHostEntry } from '../../pipeline/shared/hosts/entry.ts';
import { pathsUnder } from '../../pipeline/shared/paths-under.ts';
import { hostOf } from '../../records/records.ts';
import type { PieceworkEvent } from '../../transfer/progress/events.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import type { Home } from '../home/home.ts';
import { isOfPiece } from './came.ts';
import { HostSeen } from './host-seen.ts';

/** What is known of the hosts of sources: what the records say, and what this process has seen since its start. */
export interface HostView {
  hear(event: PieceworkEvent): void;
  look(): Promise<Hosts>;
  /** What one connection to the host of this URL gave, by the pieces that it brought. `undefined` = none has come. */
  connectionRate(url: string): number | undefined;
}

const MOST_HOSTS = 1_000;

export function hostView(home: Pick<Home, 'engine' | 'records' | 'clock' | 'ids'>): HostView {
  /** By name, as it is shown. */
  const all = new Map<string, HostSeen>();

  function seenOf(name: string, now: Instant): HostSeen {
    const known = all.get(name);
    if (known !== undefined) return known;
    const seen = new HostSeen(now);
    const [oldest] = all.keys();
    if (all.size >= MOST_HOSTS && oldest !== undefined) all.delete(oldest);
    all.set(name, seen);
    return seen;
  }

  async function viewOf(host: string, name: string, now: Instant): Promise<Hosts['hosts'][number]> {
    const entry = (await readHostEntry(home, host))?.value;
    const seen = all.get(name);
    const isClosed = entry?.closedUntil !== undefined && fromIso(entry.closedUntil) > now;
    const limit = ceilingOf({ ...home, records: home.records, policy: {} }, entry)?.connections;
    return {
      name,
      connections: { now: home.engine.openTo(host), ...stated({ limit }) },
      errors: Object.fromEntries(seen?.errors ?? []),
      ...stated({
        closedUntil: isClosed ? entry.closedUntil : undefined,
        bytesPerSecond: seen === undefined ? undefined : Math.round(seen.bytesPerSecond(now)),
        connectionBytesPerSecond: seen?.connectionBytesPerSecond,
        requests: seen?.requests,
        lastSeenAt: seen === undefined ? undefined : toIso(seen.lastSeenAt),
      }),
    };
  }

  return {
    hear(event) {
      if (!isOfPiece(event)) return;
      const name = home.engine.atWork.hostOf(event.transferId);
      if (name === undefined || name === '') return;
      const now = home.clock.now();
      seenOf(name, now).hear(event, now);
    },

    async look() {
      const now = home.clock.now();
      const paths = new Map([...all.keys()].map((name) => [hostOf(`https://${name}`), name]));
      for await (const path of pathsUnder(home.records, 'hosts/')) {
        const [, host = ''] = /^hosts\/(.+)\.json$/.exec(path) ?? [];
        if (host !== '' && !paths.has(host)) paths.set(host, shownHost(host));
        if (paths.size >= MOST_HOSTS) break;
      }
      const hosts = await Promise.all([...paths].map(([host, name]) => viewOf(host, name, now)));
      return { hosts: hosts.sort((a, b) => (a.name < b.name ? -1 : 1)) };
    },

    connectionRate: (url) => all.get(URL.parse(url)?.host ?? '')?.connectionBytesPerSecond,
  };
}

/** As a URL has it, of the form that `hostOf` gives. */
function shownHost(host: string): string {
  return host
    .replace(/=(5B|5D|5F|7E)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('=', ':');
}
