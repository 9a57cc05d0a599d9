import type { Instant } from '../../../values/time.ts';
import { toIso } from '../../../values/time.ts';
import type { Sharer, Sharers } from './sharer.ts';
import { LEASE_MS } from './shares.ts';

/*
 * One of those who share a host renews the leases of all, where a tick looks at every transfer: one write for a host,
 * and not one for each. It asks which of them are still at work. Who is left out renews its own a minute later. Pure.
 */

/** Renewed for others as long as more of them is left than where each renews its own. */
const RENEWED_AT = { thirds: 2 };

/**
 * The others whose leases `id` is to renew: it is the first by name, and the older half of a lease is over; `[]` = none
 * are due, or another is the first.
 */
export function leasesDue(sharers: Sharers, id: string, now: Instant): readonly string[] {
  const ids = Object.keys(sharers);
  if (sharers[id] === undefined || ids.some((other) => other < id)) return [];
  return ids.filter((other) => other !== id && isOld(sharers[other], now));
}

function isOld(sharer: Sharer | undefined, now: Instant): boolean {
  // ISO 8601 in UTC sorts as text.
  return sharer !== undefined && sharer.until < toIso(now + (LEASE_MS * RENEWED_AT.thirds) / 3);
}

/** What became of sharers, by their names. */
export interface Asked {
  /** Their pieces are fetched. */
  readonly atWork: readonly string[];
  /** They ended a while ago, and what they gave back was lost. */
  readonly gone: readonly string[];
}

/** `undefined` = others have done it meanwhile. */
export function withLeases(sharers: Sharers, { atWork, gone }: Asked, now: Instant): Sharers | undefined {
  const until = toIso(now + LEASE_MS);
  const old = (ids: readonly string[]) => new Set(ids.filter((id) => isOld(sharers[id], now)));
  const [renewed, dropped] = [old(atWork), old(gone)];
  if (renewed.size + dropped.size === 0) return undefined;
  return Object.fromEntries(
    Object.entries(sharers).flatMap(([id, sharer]) =>
      dropped.has(id) ? [] : [[id, renewed.has(id) ? { ...sharer, until } : sharer]],
    ),
  );
}
