import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';

/*
 * Who shares the connections that a host bears, and how many each may have. Pure; it stands in `hosts/{host}.json`.
 *
 * - What was given out is never more than the ceiling. A transfer gets what is free, up to its due, and
 *   gives back what it may no longer have as its pieces come in: a connection that is open can't be called back.
 * - Its due is the ceiling divided by the number of sharers; what does not divide goes to those who were here first.
 *   With more sharers than connections those who came later have none, and those in front go to the back after a turn.
 * - A share is leased: who does not come again is no sharer any more after three minutes, whatever became of it.
 */

export interface Sharer {
  /** Connections that it may have open. */
  readonly places: number;
  /** ISO 8601: it came, or its last turn ended. */
  readonly since: string;
  /** ISO 8601: the lease's end. */
  readonly until: string;
  /** ISO 8601: since when it has places while others have none. */
  readonly turnSince?: string;
  /** Where it is a process of one machine: its share ends with it. */
  readonly process?: SharingProcess;
}

export interface SharingProcess {
  readonly pid: number;
  readonly host: string;
  readonly boot?: string;
  readonly started?: string;
}

export type Sharers = Readonly<Record<string, Sharer>>;

export interface Claim {
  readonly ceiling: number;
  /** Pieces that could be in flight if the host bore all of them. */
  readonly wanted: number;
  readonly now: Instant;
  /** @default LEASE_MS */
  readonly leaseMs?: number;
  /**
   * How long one keeps its places where others have none, from when it was given them; that is written down.
   * @default five minutes since it came, or since its last turn ended: no more is written than the places
   */
  readonly turnMs?: number;
}

/** On AWS every transfer is looked at once a minute: the look that renews it may fail once. */
export const LEASE_MS = 180_000;
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

/** Those who wait first, in order. */
function inOrder(sharers: Sharers): readonly (readonly [id: string, sharer: Sharer])[] {
  return Object.entries(sharers).sort(([a, one], [b, other]) => (`${one.since} ${a}` < `${other.since} ${b}` ? -1 : 1));
}

function dues(sharers: Sharers, ceiling: number): readonly { id: string; places: number; due: number }[] {
  const all = inOrder(sharers);
  const each = Math.floor(ceiling / Math.max(1, all.length));
  const rest = ceiling - each * all.length;
  return all.map(([id, { places }], index) => ({ id, places, due: each + (index < rest ? 1 : 0) }));
}

/**
 * How many places `id` may use now. `sharers`: what is to be stored before it uses them; `undefined` = it stands there
 * already. `held`: what the others are kept from.
 */
export function claimPlaces(
  before: Sharers,
  id: string,
  { ceiling, wanted, now, leaseMs = LEASE_MS, turnMs }: Claim,
): { readonly places: number; readonly held: number; readonly sharers?: Sharers } {
  const there = before[id];
  if (there === undefined && Object.keys(before).length >= MOST_LISTED) return { places: 0, held: 0 };
  const isCrowded = Object.keys(before).length + (there === undefined ? 1 : 0) > ceiling;
  const isTurnOver = isCrowded && there !== undefined && there.places > 0 && isOver(there, turnMs, now);
  const since = there === undefined ? toIso(now) : isTurnOver ? toIso(now + 1) : there.since;
  const renewed: Sharer = { ...there, places: there?.places ?? 0, since, until: toIso(now + leaseMs) };
  const listed = { ...before, [id]: renewed };
  const due = dues(listed, ceiling).find((one) => one.id === id)?.due ?? 0;
  const others = heldBy(listed) - renewed.places;
  const places = Math.max(0, Math.min(wanted, due, ceiling - others));
  const held = Math.max(places, renewed.places);
  const isTurn = turnMs !== undefined && isCrowded && !isTurnOver && held > 0;
  const turnSince = isTurn ? (there?.turnSince ?? toIso(now)) : undefined;
  const isStored =
    there !== undefined &&
    held === there.places &&
    since === there.since &&
    turnSince === there.turnSince &&
    fromIso(there.until) - now > (leaseMs * RENEWED_AT.ninths) / 9;
  if (isStored) return { places, held };
  const { turnSince: _, ...rest } = renewed;
  const own = { ...rest, places: held, ...(turnSince === undefined ? {} : { turnSince }) };
  return { places, held, sharers: { ...listed, [id]: own } };
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
 */
export function givePlacesBack(
  before: Sharers,
  id: string,
  kept: number | 'left',
  ceiling: number,
): { readonly sharers: Sharers; readonly woken: readonly string[] } | undefined {
  const there = before[id];
  if (there === undefined || (kept !== 'left' && kept >= there.places)) return undefined;
  const { [id]: _, ...others } = before;
  const sharers: Record<string, Sharer> = kept === 'left' ? others : { ...others, [id]: { ...there, places: kept } };
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
