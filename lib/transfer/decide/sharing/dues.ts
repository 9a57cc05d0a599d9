import type { Sharer, Sharers } from './sharer.ts';

/*
 * What each of those who share a host is due of its connections. Pure.
 *
 * - Of one owner: the ceiling divided by the number of its sharers. What does not divide goes to those who were here
 *   first, and what one of them has no use for to the others.
 * - Of several: the ceiling is divided among the owners, and what an owner has among its own sharers, so that it has no
 *   more of a host for asking it more often. What one of them has no use for goes to the others.
 */

export interface Due {
  readonly id: string;
  readonly places: number;
  readonly due: number;
}

/** In the order in which they are served: those who wait first. */
export function dues(sharers: Sharers, ceiling: number): readonly Due[] {
  const all = inOrder(sharers);
  const byOwner = Map.groupBy(all, ([, { owner }]) => owner);
  if (byOwner.size <= 1) {
    const parts = divided(
      ceiling,
      all.map(([, sharer]) => mostOf(sharer)),
    );
    return all.map(([id, { places }], index) => ({ id, places, due: parts[index] ?? 0 }));
  }
  const groups = [...byOwner.values()];
  const ofOwners = divided(
    ceiling,
    groups.map((group) => group.reduce((sum, [, sharer]) => sum + mostOf(sharer), 0)),
  );
  const due = new Map(
    groups.flatMap((group, index) => {
      const parts = divided(
        ofOwners[index] ?? 0,
        group.map(([, sharer]) => mostOf(sharer)),
      );
      return group.map(([id], at) => [id, parts[at] ?? 0] as const);
    }),
  );
  return all.map(([id, { places }]) => ({ id, places, due: due.get(id) ?? 0 }));
}

export function ownersOf(sharers: Sharers): number {
  return new Set(Object.values(sharers).map(({ owner }) => owner)).size;
}

/** Those who wait first, in order. */
function inOrder(sharers: Sharers): readonly (readonly [id: string, sharer: Sharer])[] {
  return Object.entries(sharers).sort(([a, one], [b, other]) => (`${one.since} ${a}` < `${other.since} ${b}` ? -1 : 1));
}

function mostOf({ most = Number.POSITIVE_INFINITY }: Sharer): number {
  return most;
}

/** Equal parts of a whole number, none above its most; the first ones have what does not divide. */
function divided(whole: number, mosts: readonly number[]): readonly number[] {
  const parts = mosts.map(() => 0);
  let rest = whole;
  for (;;) {
    const open = [...mosts.keys()].filter((index) => (parts[index] ?? 0) < (mosts[index] ?? 0));
    if (rest <= 0 || open.length === 0) return parts;
    const each = Math.floor(rest / open.length);
    const more = rest - each * open.length;
    for (const [at, index] of open.entries()) {
      const wanted = each + (at < more ? 1 : 0);
      const given = Math.min(wanted, (mosts[index] ?? 0) - (parts[index] ?? 0));
      parts[index] = (parts[index] ?? 0) + given;
      rest -= given;
    }
  }
}
