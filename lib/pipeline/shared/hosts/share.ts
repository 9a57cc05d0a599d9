import type { HostEntry } from '../../../records/records.ts';
import { placesUnder } from '../../../transfer/decide/ceiling.ts';
import type { HostFacts, Input } from '../../../transfer/decide/decision.ts';
import { leasesDue } from '../../../transfer/decide/sharing/leases.ts';
import { claimPlaces, givePlacesBack, leased, othersWait } from '../../../transfer/decide/sharing/shares.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { ownerMark } from '../../../values/text/owner-name.ts';
import type { Ports } from '../ports.ts';
import type { HostPorts } from './entry.ts';
import { ceilingOf, closedUntil, withNews } from './entry.ts';

/** What a home needs so that those who wait for places are looked at. */
export type GivenBack = Pick<Ports, 'queues' | 'fleet'>;

/** With what it wants for its transfers. */
export type DecidingPorts = HostPorts & Pick<Ports, 'policy'>;

/** The source's host as one transfer sees it. */
export interface HostView {
  readonly facts: HostFacts;
  /** It is to be learned (`learnOfHost`) once the decision is stored. */
  readonly hasNews: boolean;
  /** Places that no other transfer may have, used or not; 0 where places are not shared. */
  readonly held: number;
  /** Places for which it has a use, whatever the host bears. */
  readonly wanted: number;
  /** Another transfer could have more places than it has. */
  readonly othersWait: boolean;
  /** It is its part to renew the leases of the others (`renewLeases`). */
  readonly renewsLeases: boolean;
  /** To be stored before the places are used; `undefined` = nothing. */
  readonly claimed?: HostEntry;
}

/**
 * What a decision needs to know of the host, with what came in taken into account. `piecesLeft`: more than that are not
 * wanted.
 */
export function viewHost(
  ports: DecidingPorts,
  record: TransferRecord,
  before: HostEntry | undefined,
  inputs: readonly Input[],
  piecesLeft: number,
): HostView {
  const after = withNews(ports, before, record, inputs);
  const hasNews = after !== undefined;
  const ceiling = ceilingOf(ports, after ?? before)?.connections;
  const { parallelism } = record.request.options;
  const wanted = Math.min(ports.policy.places(parallelism), record.narrowedTo ?? Number.POSITIVE_INFINITY);
  if (ports.policy.hostCeiling === undefined || ceiling === undefined) {
    // Where connections are counted, the ceiling is held as they are taken.
    const bound = ports.policy.countsConnections === true ? undefined : ceiling;
    const places = placesUnder(bound, parallelism, wanted);
    return { facts: factsOf(ports, before, places), hasNews, held: 0, wanted, othersWait: false, renewsLeases: false };
  }
  const now = ports.clock.now();
  const sharers = leased(before?.sharers, now);
  const owner = ownerMark(record.owner);
  const used = Math.min(wanted, piecesLeft);
  const claim = claimPlaces(sharers, record.id, { ceiling, wanted: used, now, owner });
  const isCrowded = othersWait(claim.sharers ?? sharers, record.id, ceiling);
  const view = {
    facts: { ...factsOf(ports, before, claim.places), ...(isCrowded ? { isCrowded } : {}) },
    hasNews,
    held: claim.held,
    wanted: used,
    renewsLeases: ports.policy.isTicked === true && leasesDue(sharers, record.id, now).length > 0,
    othersWait: isCrowded,
  };
  if (claim.sharers === undefined) return view;
  return { ...view, claimed: { ...withoutOldForm(before), sharers: claim.sharers } };
}

/**
 * Without what it has, or with no more than `kept` of it; nothing = it has no more. `woken`: who has it now.
 * @param isEnough it has no use for more
 */
export function withoutShare(
  ports: HostPorts,
  entry: HostEntry,
  id: string,
  kept: number | 'left',
  isEnough = false,
): { readonly next?: HostEntry; readonly woken?: readonly string[] } {
  const ceiling = ceilingOf(ports, entry)?.connections ?? 0;
  const given = givePlacesBack(leased(entry.sharers, ports.clock.now()), id, kept, ceiling, isEnough);
  if (given === undefined) return {};
  return { next: { ...withoutOldForm(entry), sharers: given.sharers }, woken: given.woken };
}

/** The older form had each transfer up to its deadline, and many after their end: it says nothing any more. */
export function withoutOldForm(entry: HostEntry | undefined): HostEntry {
  const { transfers: _, ...rest } = entry ?? { v: 1 };
  return rest;
}

function factsOf(ports: HostPorts, entry: HostEntry | undefined, places: number): HostFacts {
  const until = closedUntil(entry);
  return until > ports.clock.now() ? { places, hostClosedUntil: until } : { places };
}
