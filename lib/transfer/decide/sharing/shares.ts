import { stated } from '../../../values/stated.ts';
import type { Instant } from '../../../values/time.ts';
import { fromIso, toIso } from '../../../values/time.ts';
import { dues, ownersOf } from './dues.ts';
import type { Sharer, Sharers } from './sharer.ts';

/*
 * Who shares the connections that a host bears, and how many each may have. Pure; it stands in `hosts/{host}.json`.
 *
 * - What was given out is never more than the ceiling. A transfer gets what is free, up to its due, and
 *   gives back what it may no longer have as its pieces come in: a connection that is open can't be called back.
 * - Its due is the ceiling divided by the number of sharers, and where they are of several owners, by these first
 *   (`dues.ts`). With more sharers than connections those who came later have none, and those in front go to the back
 *   after a turn.
 * - A share is leased: who does not come again is no sharer any more after five minutes, whatever became of it.
 */

export interface Claim {
  readonly ceiling: number;
  /** Pieces that could be in flight if the host bore all of them. */
  readonly wanted: number;
  readonly now: Instant;
  /** Whose it is: `ownerMark`. @default all without one are one owner's */
  readonly owner?: string;
  /** @default LEASE_MS */
  readonly leaseMs?: number;
  /**
   * How long one keeps its places where others have none, from when it was given them; that is written down.
   * @default five minutes since it came, or since its last turn ended: no more is written than the places. With more
   * owners than connections five minutes from when it was given them.
   */
  readonly turnMs?: number;
}

/** On AWS every transfer is looked at once a minute: the looks that renew it may fail (`leases.ts`). */
export const LEASE_MS = 300_000;
/** A lease is renewed once no more than this part of it is left, not at each look. */
const RENEWED_AT = { ninths: 4 };
/** So long one transfer keeps its places where others have none. */
const TURN_MS = 300_000;
/** More are not written down: they come again at their next look. */
const MOST_LISTED = 256;

/** Those whose lease stands. One that ends later than any lease could is of a clock that is wrong. */
export function leased(sharers: Sharers | undefined, now: Instant): Sharers {
  const [least, most] = [toIso(now), toIso(now + 2 * LEASE_MS)];
  // ISO 8601 in UTC sorts as text.
  const stands = ({ until }: Sharer) => until > least && until <= most;
  return Object.fromEntries(Object.entries(sharers ?? {}).filter(([, sharer]) => stands(sharer)));
}

/**
 * How many places `id` may use now. `sharers`: what is to be stored before it uses them; `undefined` = it stands there
 * already. `held`: what the others are kept from.
 */
export function claimPlaces(
  all: Sharers,
  id: string,
  claim: Claim,
): { readonly places: number; readonly held: number; readonly sharers?: Sharers } {
  const { ceiling, wanted, now, owner, leaseMs = LEASE_MS } = claim;
  const there = all[id];
  const before = there === undefined ? withRoom(all, owner) : all;
  if (before === undefined) return { places: 0, held: 0 };
  const owners = ownersOf({ ...before, [id]: { ...NEWCOMER, ...there, ...stated({ owner }) } });
  const turnMs = claim.turnMs ?? (owners > ceiling ? TURN_MS : undefined);
  const isCrowded = Object.keys(before).length + (there === undefined ? 1 : 0) > ceiling;
  const isTurnOver = isCrowded && there !== undefined && there.places > 0 && isOver(there, turnMs, now);
  const since = there === undefined ? toIso(now) : isTurnOver ? toIso(now + 1) : there.since;
  const places = there?.places ?? 0;
  const asked = { ...withoutMost(there), ...stated({ owner }), places, since, until: toIso(now + leaseMs) };
  const renewed: Sharer = { ...asked, ...stated({ most: mostOf(there, wanted, owners > 1 && wanted < ceiling) }) };
  const listed = { ...(isTurnOver && owners > ceiling ? behind(before, renewed, now) : before), [id]: renewed };
  const due = dues(listed, ceiling).find((one) => one.id === id)?.due ?? 0;
  const others = heldBy(listed) - renewed.places;
  const usable = Math.max(0, Math.min(wanted, due, ceiling - others));
  const held = Math.max(usable, renewed.places);
  const isTurn = turnMs !== undefined && isCrowded && !isTurnOver && held > 0;
  const turnSince = isTurn ? (there?.turnSince ?? toIso(now)) : undefined;
  const isStored =
    there !== undefined &&
    held === there.places &&
    since === there.since &&
    turnSince === there.turnSince &&
    renewed.most === there.most &&
    fromIso(there.until) - now > (leaseMs * RENEWED_AT.ninths) / 9;
  if (isStored) return { places: usable, held };
  const { turnSince: _, ...rest } = renewed;
  return { places: usable, held, sharers: { ...listed, [id]: { ...rest, places: held, ...stated({ turnSince }) } } };
}

/**
 * The list has an end, which one owner must not fill alone: where it is full, the last of the owner with most of them
 * that has no places yet makes room for one of an owner with fewer. `undefined` = there is no room.
 */
function withRoom(sharers: Sharers, owner: string | undefined): Sharers | undefined {
  const entries = Object.entries(sharers);
  if (entries.length < MOST_LISTED) return sharers;
  const groups = Map.groupBy(entries, ([, one]) => one.owner);
  const [largest] = [...groups.values()].sort((a, b) => b.length - a.length);
  if (largest === undefined || largest.length <= (groups.get(owner)?.length ?? 0) + 1) return undefined;
  const waiting = largest.filter(([, { places }]) => places === 0);
  const [last] = waiting.sort(([, a], [, b]) => (a.since < b.since ? 1 : -1));
  return last === undefined ? undefined : Object.fromEntries(entries.filter(([id]) => id !== last[0]));
}

const NEWCOMER: Sharer = { places: 0, since: '', until: '' };

/** More are of no use: of one owner that is known from what was given back, and holds as long as no more are wanted. */
function mostOf(there: Sharer | undefined, wanted: number, isShared: boolean): number | undefined {
  if (isShared) return wanted;
  return there?.most !== undefined && wanted <= there.most ? there.most : undefined;
}

function withoutMost(there: Sharer | undefined): Partial<Sharer> {
  const { most: _, ...rest } = there ?? {};
  return rest;
}

/**
 * With more owners than connections an owner has its turn, and not only the one of its sharers that had places: its
 * others go to the back as well, in their order.
 */
function behind(sharers: Sharers, { owner }: Sharer, now: Instant): Sharers {
  const entries = Object.entries(sharers).sort(([, a], [, b]) => (a.since < b.since ? -1 : 1));
  const moved = entries.map(([id, one], index): [string, Sharer] => [
    id,
    one.owner === owner ? { ...one, since: toIso(now + 2 + index) } : one,
  ]);
  return Object.fromEntries(moved);
}

function isOver({ since, turnSince }: Sharer, turnMs: number | undefined, now: Instant): boolean {
  if (turnMs === undefined) return now - fromIso(since) >= TURN_MS;
  return turnSince !== undefined && now - fromIso(turnSince) >= turnMs;
}

function heldBy(sharers: Sharers): number {
  return Object.values(sharers).reduce((sum, { places }) => sum + places, 0);
}

/** Another than `id` could have more places than it has. */
export function othersWait(sharers: Sharers, id: string, ceiling: number): boolean {
  return dues(sharers, ceiling).some((other) => other.id !== id && other.places < other.due);
}

/**
 * After `id` gave back all but `kept` places (`left` = it needs none any more): those who wait have them, in their
 * order. `undefined` = it had no more. `woken`: who was given some, and does not know it.
 * @param isEnough it has no use for more: else the next one that has none either would give them back to it, and so on
 */
export function givePlacesBack(
  before: Sharers,
  id: string,
  kept: number | 'left',
  ceiling: number,
  isEnough = false,
): { readonly sharers: Sharers; readonly woken: readonly string[] } | undefined {
  const there = before[id];
  if (there === undefined || (kept !== 'left' && kept >= there.places)) return undefined;
  const { [id]: _, ...others } = before;
  const sharers: Record<string, Sharer> =
    kept === 'left' ? others : { ...others, [id]: { ...there, places: kept, ...(isEnough ? { most: kept } : {}) } };
  let free = Math.max(0, ceiling - heldBy(sharers));
  const woken: string[] = [];
  for (const other of dues(sharers, ceiling)) {
    const sharer = sharers[other.id];
    const more = Math.min(free, other.due - other.places);
    if (more < 1 || other.id === id || sharer === undefined) continue;
    free -= more;
    sharers[other.id] = { ...sharer, places: other.places + more };
    woken.push(other.id);
  }
  return { sharers, woken };
}
