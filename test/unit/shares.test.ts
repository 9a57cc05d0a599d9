import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sharers } from '../../lib/transfer/decide/sharing/sharer.ts';
import { claimPlaces, givePlacesBack, LEASE_MS, leased } from '../../lib/transfer/decide/sharing/shares.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW } from '../support/a-transfer.ts';
import { shareOneHost } from '../support/many-sharers.ts';

const sharer = (places: number, sinceMs = 0, leaseMs = LEASE_MS) => ({
  places,
  since: toIso(NOW + sinceMs),
  until: toIso(NOW + leaseMs),
});
const claim = (sharers: Sharers, id: string, wanted = 8, ceiling = 16) =>
  claimPlaces(sharers, id, { ceiling, wanted, now: NOW });

describe('shares of a host', () => {
  it('are the ceiling divided by the sharers; what does not divide goes to those who came first', () => {
    const three = { a: sharer(0, -3), b: sharer(0, -2), c: sharer(0, -1) };
    expect(claim(three, 'a', 8, 8).places).toBe(3);
    expect(claim(three, 'c', 8, 8).places).toBe(2);
    expect(claim(three, 'a', 2, 8).places).toBe(2);
  });

  it('are taken of what is free only, and given back before another has them', () => {
    const busy = { a: sharer(8, -2), b: sharer(8, -1) };
    const come = claim(busy, 'c');
    expect(come.places).toBe(0);
    const back = givePlacesBack(come.sharers ?? {}, 'a', 6, 16);
    expect(back?.woken).toEqual(['c']);
    expect(claim(back?.sharers ?? {}, 'c').places).toBe(2);
  });

  it('are none for those who come when each connection has its transfer, and go round by turns', () => {
    const full = Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`t${index}`, sharer(1, index - 9)]));
    const late = claim(full, 'z', 8, 4);
    expect(late.places).toBe(0);
    const long = { ...late.sharers, t0: sharer(1, -300_000) };
    const turned = claim(long, 't0', 8, 4);
    expect(turned).toMatchObject({ places: 0, held: 1 });
    const given = givePlacesBack(turned.sharers ?? {}, 't0', 0, 4);
    expect(given?.woken).toEqual(['z']);
  });

  it('do not go round among those who have no use for them', () => {
    // Near their ends: each has fewer pieces left than it is due.
    const wanted: Readonly<Record<string, number>> = { a: 2, b: 3, c: 2 };
    let sharers: Sharers = { a: sharer(6, -3), b: sharer(5, -2), c: sharer(5, -1) };
    const woken = ['a', 'b', 'c'];
    let looks = 0;
    for (let id = woken.shift(); id !== undefined; id = woken.shift()) {
      looks += 1;
      expect(looks).toBeLessThan(10);
      const { places, ...claimed } = claim(sharers, id, wanted[id]);
      const before = claimed.sharers ?? sharers;
      const given = givePlacesBack(before, id, places, 16, places >= (wanted[id] ?? 0));
      sharers = given?.sharers ?? before;
      woken.push(...(given?.woken ?? []));
    }
    expect(Object.values(sharers).map(({ places }) => places)).toEqual([2, 3, 2]);
    // One that has a use for more after all has them.
    expect(claim(sharers, 'a', 8).places).toBe(8);
  });

  it('end by themselves: a transfer that does not come again is none after five minutes', () => {
    const ghost = { a: sharer(8), b: sharer(8) };
    expect(Object.keys(leased(ghost, NOW + LEASE_MS - 1))).toHaveLength(2);
    expect(leased(ghost, NOW + LEASE_MS)).toEqual({});
    expect(leased({ wrong: sharer(8, 0, 86_400_000) }, NOW)).toEqual({});
  });

  it('are written down when they change, and where the lease is renewed', () => {
    const fresh = { a: sharer(8) };
    expect(claim(fresh, 'a').sharers).toBeUndefined();
    expect(claimPlaces(fresh, 'a', { ceiling: 16, wanted: 8, now: NOW + 170_000 }).sharers).toBeDefined();
    expect(claim(fresh, 'a', 9).sharers).toBeDefined();
  });

  it('are never more than the ceiling together, in whatever order transfers come, take, give back and leave', () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 11 }),
      kept: fc.integer({ min: 0, max: 8 }),
      leaves: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 60 }), (ceiling, steps) => {
        let sharers: Sharers = {};
        for (const { id, kept, leaves } of steps) {
          sharers = claim(sharers, `t${id}`, 8, ceiling).sharers ?? sharers;
          sharers = givePlacesBack(sharers, `t${id}`, leaves ? 'left' : kept, ceiling)?.sharers ?? sharers;
          expect(Object.values(sharers).reduce((sum, { places }) => sum + places, 0)).toBeLessThanOrEqual(ceiling);
        }
      }),
    );
  });
});

describe('1,000 transfers of one host', () => {
  it('never have more connections open than it bears, all end, and leave nothing; a write is lost now and then', async () => {
    const world = await shareOneHost({ transfers: 1000, ceiling: 16, arriveMs: 60_000 });
    await world.run(86_400_000);
    expect(world.failures).toEqual([]);
    expect(world.endedAt).toHaveLength(1000);
    // 2,000 pieces of 2 s, 16 at a time, are 250 s.
    expect(Math.max(...world.endedAt) - NOW).toBeLessThan(350_000);
    expect(world.counts.mostOpen).toBe(16);
    expect((await world.entry()).sharers).toEqual({});
    expect(world.counts.writes).toBeLessThan(4_000);
    expect(world.counts.lost).toBeLessThan(world.counts.writes / 2);
  }, 60_000);
});

describe('40 cancelled transfers whose writes are all lost', () => {
  it('keep places from others for three minutes, and no longer', async () => {
    const cancelledAt = NOW + 11_000;
    const lostWrites = (now: number) => now >= cancelledAt && now < cancelledAt + 20_000;
    const world = await shareOneHost({ transfers: 40, cancelled: 40, ceiling: 8, arriveMs: 10_000, lostWrites });
    await world.run(60_000);
    expect(Object.keys((await world.entry()).sharers ?? {}).length).toBeGreaterThan(20);
    expect((await world.places('late')).places).toBe(0);
    await world.run(LEASE_MS);
    expect(world.failures).toEqual([]);
    expect((await world.places('late')).places).toBe(8);
  }, 60_000);
});
