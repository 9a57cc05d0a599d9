import { PieceworkError } from '../../../errors/error.ts';
import type { HostEntry } from '../../../records/records.ts';
import { hostOf, KEYS } from '../../../records/records.ts';
import type { Ceiling } from '../../../transfer/decide/ceiling.ts';
import { ceilingAfter, firstCeiling, hostSigns, isRemembered, paceSeen } from '../../../transfer/decide/ceiling.ts';
import type { Input } from '../../../transfer/decide/decision.ts';
import { leased } from '../../../transfer/decide/sharing/shares.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import type { Instant } from '../../../values/time.ts';
import { fromIso, toIso } from '../../../values/time.ts';
import type { Policy, Ports } from '../ports.ts';

/*
 * What is known of a source's host, for all transfers from it: until when it asked us to wait, how many
 * connections it bears, and who shares them. All of it is a hint. To lose a race to another writer, or what was learned
 * to a crash, costs a refused request or an uneven share, and nothing else.
 */

export interface HostPorts extends Pick<Ports, 'records' | 'clock' | 'ids'> {
  readonly policy: Pick<Policy, 'hostCeiling' | 'pieceLifeMs'>;
}

/** `undefined` = nothing is known. */
export async function readHost(ports: Pick<Ports, 'records'>, url: string) {
  return await readHostEntry(ports, hostOf(url));
}

/** @param host in the form that `hostOf` gives */
export async function readHostEntry(ports: Pick<Ports, 'records'>, host: string) {
  try {
    return await ports.records.get(KEYS.host(host));
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}

export function closedUntil(entry: HostEntry | undefined): Instant {
  return entry?.closedUntil === undefined ? 0 : fromIso(entry.closedUntil);
}

/** What was learned, else what the home begins with. */
export function ceilingOf({ policy, clock }: HostPorts, entry: HostEntry | undefined): Ceiling | undefined {
  const { ceiling, learned } = entry ?? {};
  if (ceiling !== undefined && learned !== undefined && isRemembered(fromIso(learned.since), clock.now())) {
    return { connections: ceiling, ...learned, since: fromIso(learned.since) };
  }
  return policy.hostCeiling === undefined ? undefined : firstCeiling(policy.hostCeiling, 0);
}

/** With what the inputs say of the host; `undefined` = nothing new. The ceiling moves seldom. */
export function withNews(
  ports: HostPorts,
  entry: HostEntry | undefined,
  record: TransferRecord,
  inputs: readonly Input[],
): HostEntry | undefined {
  if (!inputs.some(({ kind }) => kind === 'result')) return undefined;
  const { policy } = ports;
  const now = ports.clock.now();
  const sharers = Object.keys(leased(entry?.sharers, now)).length;
  const most = Math.max(1, sharers) * record.request.options.parallelism;
  const signs = hostSigns(record, inputs, Math.min(most, policy.hostCeiling ?? most), now);
  const before = ceilingOf(ports, entry);
  // Where many processes fetch from the host, what one of them has open is not what the host bears.
  const isAlone = policy.hostCeiling === undefined && sharers <= 1;
  const after = ceilingAfter(before, isAlone ? signs : { ...signs, borne: 0 });
  const paced = withPace(ports, entry, record, inputs);
  if (after === undefined || after === before) return paced;
  const { connections, since, patience, crept } = after;
  return { v: 1, ...(paced ?? entry), ceiling: connections, learned: { since: toIso(since), patience, crept } };
}

/** How fast a host was is remembered for so long. */
const PACE_MS = 3_600_000;

/** What one connection to the host gave lately, in bytes per second. */
export function knownPace(entry: HostEntry | undefined, now: Instant): number | undefined {
  const { pace } = entry ?? {};
  return pace !== undefined && fromIso(pace.at) > now - PACE_MS ? pace.bytesPerSecond : undefined;
}

/** Where a worker's time is bounded: written when it is another by half, or half as old as it may be. */
function withPace(
  { policy, clock }: HostPorts,
  entry: HostEntry | undefined,
  record: TransferRecord,
  inputs: readonly Input[],
): HostEntry | undefined {
  const seen = policy.pieceLifeMs === undefined ? undefined : paceSeen(record, inputs);
  if (seen === undefined) return undefined;
  const now = clock.now();
  const known = knownPace(entry, now + PACE_MS / 2);
  if (known !== undefined && seen > known / 2 && seen < known * 2) return undefined;
  return { v: 1, ...entry, pace: { bytesPerSecond: Math.round(seen), at: toIso(now) } };
}

/** At least one, who asks. */
export function sharerCount({ clock }: Pick<HostPorts, 'clock'>, entry: HostEntry | undefined): number {
  return Math.max(1, Object.keys(leased(entry?.sharers, clock.now())).length);
}

/** Those who share the host leave a place of it. */
export function hasPlaceForGuest(ports: HostPorts, entry: HostEntry | undefined): boolean {
  const ceiling = ceilingOf(ports, entry)?.connections;
  if (ceiling === undefined) return true;
  const sharers = Object.values(leased(entry?.sharers, ports.clock.now()));
  return sharers.reduce((sum, { places }) => sum + places, 0) < ceiling;
}
