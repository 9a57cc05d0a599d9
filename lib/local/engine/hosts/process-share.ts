import type { ProcessIdentity } from '../../../disk/process-identity.ts';
import { withoutOldForm } from '../../../pipeline/shared/hosts/share.ts';
import type { HostEntry } from '../../../records/records.ts';
import type { Sharers } from '../../../transfer/decide/sharing/sharer.ts';
import { claimPlaces, givePlacesBack, leased } from '../../../transfer/decide/sharing/shares.ts';
import type { Instant } from '../../../values/time.ts';

/*
 * What one process of this machine has of a host's connections. Its share ends with the process: who died without
 * giving it back is recognised as the holder of a lock is.
 */

/** For processes of which this machine can't say whether they run, and for those that leave a host unused. */
const LEASE_MS = 60_000;
/** Where a host bears fewer connections than there are processes. A person may be sitting before one of them. */
const TURN_MS = 20_000;

export interface ProcessClaim {
  readonly id: string;
  readonly process: ProcessIdentity;
  /** Connections that the host bears. */
  readonly ceiling: number;
  /** More are of no use to this process. */
  readonly wanted: number;
  /** Connections that it has open. */
  readonly open: number;
  readonly dead: ReadonlySet<string>;
  readonly now: Instant;
}

/**
 * How many connections the process may have; where others are due some of what it has, they get what is not open.
 * `next`: to be stored before the places are used. `owed`: others are due these as soon as they are not open.
 */
export function claimShare(
  entry: HostEntry,
  { id, process, ceiling, wanted, open, dead, now }: ProcessClaim,
): { readonly places: number; readonly owed: number; readonly next?: HostEntry } {
  const before = sharersAlive(entry, dead, now);
  const claim = claimPlaces(before, id, { ceiling, wanted, now, leaseMs: LEASE_MS, turnMs: TURN_MS });
  const claimed = claim.sharers ?? before;
  const kept = Math.max(claim.places, open);
  const given = givePlacesBack(claimed, id, kept, ceiling, wanted <= kept);
  const { places } = claim;
  const owed = Math.max(0, Math.min(open, claim.held) - places);
  if (claim.sharers === undefined && given === undefined) return { places, owed };
  const sharers = given?.sharers ?? claimed;
  const own = sharers[id];
  const named = own === undefined ? sharers : { ...sharers, [id]: { ...own, process } };
  return { places, owed, next: { ...withoutOldForm(entry), sharers: named } };
}

/** Those who may still use what they have. */
export function sharersAlive(entry: HostEntry | undefined, dead: ReadonlySet<string>, now: Instant): Sharers {
  return Object.fromEntries(Object.entries(leased(entry?.sharers, now)).filter(([id]) => !dead.has(id)));
}

/** Of those who share the host, the processes of this machine that have ended. */
export async function endedProcesses(
  entry: HostEntry | undefined,
  own: string,
  isRunning: (process: ProcessIdentity) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  for (const [id, { process }] of Object.entries(entry?.sharers ?? {}))
    if (id !== own && process !== undefined && !(await isRunning(process))) ended.add(id);
  return ended;
}
