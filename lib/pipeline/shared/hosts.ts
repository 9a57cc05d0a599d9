import { PieceworkError } from '../../errors/error.ts';
import type { HostEntry } from '../../records/records.ts';
import { hostOf, KEYS } from '../../records/records.ts';
import type { Ceiling } from '../../transfer/decide/ceiling.ts';
import { ceilingAfter, firstCeiling, hostSigns, isRemembered, placesUnder } from '../../transfer/decide/ceiling.ts';
import type { HostFacts, Input } from '../../transfer/decide/decision.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import type { Ports } from './ports.ts';

/*
 * What is known of a source's host, for all transfers from it: until when it asked everybody to wait, and who shares its
 * connections. All of it is a hint. Losing a race to another writer costs a refused request or an uneven share, and nothing else.
 */

type HostPorts = Pick<Ports, 'records' | 'clock' | 'policy'>;

/**
 * Places of the transfer: `min(parallelism, host ceiling ÷ active transfers of that host)` (protocol §8), at least one. The ceiling is
 * learned on the way, from what the inputs say of the host.
 */
export async function hostFacts(
  ports: HostPorts,
  record: TransferRecord,
  inputs: readonly Input[] = [],
): Promise<HostFacts> {
  const { url } = record.request.source;
  const now = ports.clock.now();
  const { parallelism } = record.request.options;
  const before = (await readHost(ports, url))?.value;
  const entry = isNews(inputs) ? await learn(ports, record, inputs, before) : before;
  const places = placesUnder(
    ceilingOf(ports, entry)?.connections,
    sharersOf(entry, now),
    parallelism,
    ports.policy.places(parallelism),
  );
  const until = closedUntil(entry);
  return until > now ? { places, hostClosedUntil: until } : { places };
}

/** How long the host has asked everybody to wait; 0 = it is open. */
export async function closedForMs(ports: HostPorts, url: string): Promise<number> {
  return Math.max(0, closedUntil((await readHost(ports, url))?.value) - ports.clock.now());
}

function closedUntil(entry: HostEntry | undefined): Instant {
  return entry?.closedUntil === undefined ? 0 : fromIso(entry.closedUntil);
}

function sharersOf(entry: HostEntry | undefined, now: Instant): number {
  return Math.max(1, Object.keys(stillThere(entry, now)).length);
}

/** What was learned, else what the home begins with. */
function ceilingOf({ policy, clock }: HostPorts, entry: HostEntry | undefined): Ceiling | undefined {
  const { ceiling, learned } = entry ?? {};
  if (ceiling !== undefined && learned !== undefined && isRemembered(fromIso(learned.since), clock.now())) {
    return { connections: ceiling, ...learned, since: fromIso(learned.since) };
  }
  return policy.hostCeiling === undefined ? undefined : firstCeiling(policy.hostCeiling, 0);
}

function isNews(inputs: readonly Input[]): boolean {
  return inputs.some(({ kind }) => kind === 'result');
}

/** Writes only when the ceiling moves: seldom. */
async function learn(
  ports: HostPorts,
  record: TransferRecord,
  inputs: readonly Input[],
  entry: HostEntry | undefined,
): Promise<HostEntry | undefined> {
  const signsFor = (there: HostEntry | undefined) => {
    const most = sharersOf(there, ports.clock.now()) * record.request.options.parallelism;
    const signs = hostSigns(record, inputs, Math.min(most, ports.policy.hostCeiling ?? most), ports.clock.now());
    // Where many processes fetch from the host, what one of them has open is not what the host bears.
    return ports.policy.hostCeiling === undefined ? signs : { ...signs, borne: 0 };
  };
  const known = ceilingOf(ports, entry);
  if (ceilingAfter(known, signsFor(entry)) === known) return entry;
  return await changeHost(ports, record.request.source.url, (there) => {
    const before = ceilingOf(ports, there);
    const after = ceilingAfter(before, signsFor(there));
    if (after === undefined || after === before) return undefined;
    const { connections, since, patience, crept } = after;
    return { ...there, ceiling: connections, learned: { since: toIso(since), patience, crept } };
  });
}

/** `Retry-After` holds for all transfers from the host, not only for the piece that was told. */
export async function closeHost(ports: HostPorts, url: string, until: Instant): Promise<void> {
  await changeHost(ports, url, (entry) =>
    entry.closedUntil !== undefined && fromIso(entry.closedUntil) >= until
      ? undefined
      : { ...entry, closedUntil: toIso(until) },
  );
}

/** From the plan to the end a transfer counts among those that share the host's connections; a lost one no longer than its deadline. */
export async function joinHost(ports: HostPorts, record: TransferRecord): Promise<void> {
  if (ports.policy.hostCeiling === undefined) return;
  await changeHost(ports, record.request.source.url, (entry) => ({
    ...entry,
    transfers: { ...stillThere(entry, ports.clock.now()), [record.id]: record.deadlineAt },
  }));
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

/** Returns what is there in the end, as far as is known. */
async function changeHost(
  ports: HostPorts,
  url: string,
  change: (entry: HostEntry) => HostEntry | undefined,
): Promise<HostEntry | undefined> {
  let there: HostEntry | undefined;
  for (let tries = 1; tries <= CHANGE_TRIES; tries += 1) {
    const found = await readHost(ports, url);
    there = found?.value;
    const next = change(there ?? { v: 1 });
    if (next === undefined) return there;
    try {
      await ports.records.put(KEYS.host(hostOf(url)), next, found?.version ?? 'absent');
      return next;
    } catch (error) {
      if (!(error instanceof PieceworkError) || error.reaction === 'fail') throw error;
    }
  }
  return there;
}

async function readHost(ports: Pick<Ports, 'records'>, url: string) {
  try {
    return await ports.records.get(KEYS.host(hostOf(url)));
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}
