import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dues } from '../../lib/transfer/decide/sharing/dues.ts';
import type { Sharers } from '../../lib/transfer/decide/sharing/sharer.ts';
import { claimPlaces, givePlacesBack, othersWait } from '../../lib/transfer/decide/sharing/shares.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW } from '../support/a-transfer.ts';

// Connections of one host, which transfers and batches of several owners share.

interface Asking {
  readonly id: string;
  readonly owner: string;
  readonly wanted: number;
}

const names = (owner: string, count: number, wanted = 16): readonly Asking[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${owner}${String(index).padStart(3, '0')}`, owner, wanted }));

/** Looks at all in their order, round after round, each giving back what it may no longer have. */
function rounds(askings: readonly Asking[], ceiling: number, count: number, minutesEach = 0): Sharers[] {
  let sharers: Sharers = {};
  const seen: Sharers[] = [];
  for (let round = 0; round < count; round += 1) {
    for (const [index, { id, owner, wanted }] of askings.entries()) {
      const now = NOW + round * minutesEach * 60_000 + index;
      const alive = Object.fromEntries(
        Object.entries(sharers).map(([name, one]) => [name, { ...one, until: toIso(now + 180_000) }]),
      );
      const claim = claimPlaces(alive, id, { ceiling, wanted, now, owner });
      sharers = claim.sharers ?? alive;
      sharers = givePlacesBack(sharers, id, claim.places, ceiling)?.sharers ?? sharers;
    }
    seen.push(sharers);
  }
  return seen;
}

function held(sharers: Sharers | undefined, owner: string): number {
  return Object.values(sharers ?? {}).reduce((sum, one) => sum + (one.owner === owner ? one.places : 0), 0);
}

describe('an owner with many transfers', () => {
  it('has no more of a host than one with a single transfer', () => {
    const last = rounds([...names('ann', 40), ...names('ben', 1)], 16, 4).at(-1);
    expect([held(last, 'ann'), held(last, 'ben')]).toEqual([8, 8]);
  });

  it('has what the others have no use for', () => {
    const last = rounds([...names('ann', 40), ...names('ben', 1, 3)], 16, 4).at(-1);
    expect([held(last, 'ann'), held(last, 'ben')]).toEqual([13, 3]);
  });

  it('gives places back when another owner comes, as its pieces come in', () => {
    const [before] = rounds(names('ann', 2), 16, 2).slice(-1);
    expect(held(before, 'ann')).toBe(16);
    const come = claimPlaces(before ?? {}, 'ben000', { ceiling: 16, wanted: 16, now: NOW + 50, owner: 'ben' });
    expect(come.places).toBe(0);
    expect(othersWait(come.sharers ?? {}, 'ann000', 16)).toBe(true);
    const given = givePlacesBack(come.sharers ?? {}, 'ann000', 4, 16);
    expect(given?.woken).toEqual(['ben000']);
    expect(given?.sharers['ben000']?.places).toBe(4);
  });

  it('takes turns with the others where there are more owners than connections', () => {
    const askings = [...names('ann', 30), ...names('ben', 1), ...names('cem', 1)];
    const turns = rounds(askings, 2, 90, 1);
    const minutes = (owner: string) => turns.filter((sharers) => held(sharers, owner) > 0).length;
    for (const owner of ['ann', 'ben', 'cem']) expect(minutes(owner)).toBeGreaterThan(40);
  });

  it('does not fill the list of those who wait', () => {
    const [full] = rounds(names('ann', 256), 16, 1);
    const more = claimPlaces(full ?? {}, 'ann999', { ceiling: 16, wanted: 4, now: NOW + 300, owner: 'ann' });
    expect(more).toEqual({ places: 0, held: 0 });
    const ben = claimPlaces(full ?? {}, 'ben000', { ceiling: 16, wanted: 4, now: NOW + 300, owner: 'ben' });
    expect(ben.sharers).toHaveProperty('ben000');
    expect(Object.keys(ben.sharers ?? {})).toHaveLength(256);
    expect(held(ben.sharers, 'ann')).toBe(16);
  });
});

it('where all are one owner’s, each is due what it was before there were owners', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 64 }), (count, ceiling) => {
      const sharers = Object.fromEntries(
        names('ann', count).map(({ id, owner }, index) => [
          id,
          { owner, places: 0, since: toIso(NOW + index), until: toIso(NOW + 180_000) },
        ]),
      );
      const each = Math.floor(ceiling / count);
      const rest = ceiling - each * count;
      expect(dues(sharers, ceiling).map(({ due }) => due)).toEqual(
        Array.from({ length: count }, (_, index) => each + (index < rest ? 1 : 0)),
      );
    }),
  );
});

it('what is due is never more than the ceiling, and no connection is left that someone has a use for', () => {
  const sharer = fc.record({
    owner: fc.constantFrom('ann', 'ben', 'cem', undefined),
    most: fc.option(fc.nat(20), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(sharer, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 64 }), (all, ceiling) => {
      const sharers = Object.fromEntries(
        all.map(({ owner, most }, index) => [
          `t${index}`,
          {
            places: 0,
            since: toIso(NOW + index),
            until: toIso(NOW + 180_000),
            ...(owner === undefined ? {} : { owner }),
            ...(most === undefined ? {} : { most }),
          },
        ]),
      );
      const given = dues(sharers, ceiling).reduce((sum, { due }) => sum + due, 0);
      const wanted = all.reduce((sum, { most = 64 }) => sum + most, 0);
      expect(given).toBe(Math.min(ceiling, wanted));
    }),
  );
});
