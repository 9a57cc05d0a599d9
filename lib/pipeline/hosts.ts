import { PieceworkError } from '../errors/error.ts';
import { type HostEntry, hostOf, KEYS } from '../records/records.ts';
import type { Facts } from '../transfer/decision.ts';
import type { TransferRecord } from '../transfer/record.ts';
import { fromIso, type Instant, toIso } from '../values/time.ts';
import type { Ports } from './ports.ts';

/*
 * What is known of a source's host, for all transfers from it: until when it asked everybody to wait, and who shares its
 * connections. All of it is a hint. Losing a race to another writer costs a refused request or an uneven share, and nothing else.
 */

type HostPorts = Pick<Ports, 'records' | 'clock' | 'policy'>;

/** Places of the transfer: `min(parallelism, host ceiling ÷ active transfers of that host)` (design §3.2), at least one. */
export async function hostFacts(ports: HostPorts, record: TransferRecord): Promise<Pick<Facts, 'places' | 'hostClosedUntil'>> {
  const entry = (await readHost(ports, record.request.source.url))?.value;
  const wanted = ports.policy.places(record.request.options.parallelism);
  const ceiling = entry?.ceiling ?? ports.policy.hostCeiling;
  const sharers = Object.keys(stillThere(entry, ports.clock.now())).length;
  const places = ceiling === undefined ? wanted : Math.min(wanted, Math.max(1, Math.floor(ceiling / Math.max(1, sharers))));
  const until = entry?.closedUntil === undefined ? 0 : fromIso(entry.closedUntil);
  return until > ports.clock.now() ? { places, hostClosedUntil: until } : { places };
}

/** `Retry-After` holds for all transfers from the host, not only for the piece that was told. */
export async function closeHost(ports: HostPorts, url: string, until: Instant): Promise<void> {
  await changeHost(ports, url, (entry) =>
    entry.closedUntil !== undefined && fromIso(entry.closedUntil) >= until ? undefined : { ...entry, closedUntil: toIso(until) },
  );
}

/** From the plan to the end a transfer counts among those that share the host's connections; a lost one no longer than its deadline. */
export async function joinHost(ports: HostPorts, record: TransferRecord): Promise<void> {
  if (ports.policy.hostCeiling === undefined) return;
  await changeHost(ports, record.request.source.url, (entry) => ({ ...entry, transfers: { ...stillThere(entry, ports.clock.now()), [record.id]: record.deadlineAt } }));
}

export async function leaveHost(ports: HostPorts, record: TransferRecord): Promise<void> {
  if (ports.policy.hostCeiling === undefined) return;
  await changeHost(ports, record.request.source.url, (entry) => {
    if (entry.transfers?.[record.id] === undefined) return undefined;
    const { [record.id]: _, ...others } = stillThere(entry, ports.clock.now());
    return { ...entry, transfers: others };
  });
}

function stillThere(entry: HostEntry | undefined, now: Instant): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entry?.transfers ?? {}).filter(([, until]) => fromIso(until) > now));
}

const CHANGE_TRIES = 4;

async function changeHost(ports: HostPorts, url: string, change: (entry: HostEntry) => HostEntry | undefined): Promise<void> {
  for (let tries = 1; tries <= CHANGE_TRIES; tries += 1) {
    const there = await readHost(ports, url);
    const next = change(there?.value ?? { v: 1 });
    if (next === undefined) return;
    try {
      await ports.records.put(KEYS.host(hostOf(url)), next, there?.version ?? 'absent');
      return;
    } catch (error) {
      if (!(error instanceof PieceworkError) || error.reaction === 'fail') throw error;
    }
  }
}

async function readHost(ports: Pick<Ports, 'records'>, url: string) {
  try {
    return await ports.records.get(KEYS.host(hostOf(url)));
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}
