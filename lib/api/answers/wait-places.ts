import type { Ports } from '../../pipeline/shared/ports.ts';
import { isLostSwap } from '../../pipeline/shared/taken-over.ts';
import type { Version } from '../../records/records.ts';
import { KEYS } from '../../records/records.ts';
import { fractionOf } from '../../values/random.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';

/** Bounds how many requests wait at the same time, in all processes of a home together. */
export interface WaitPlaces {
  /** Takes a place for so long; it becomes free by itself. False = none was found: answer at once. */
  take(waitMs: number): Promise<boolean>;
  /** Takes a place until it is disposed of, and for no longer than that. `undefined` = none was found. */
  borrow(mostMs: number): Promise<AsyncDisposable | undefined>;
}

interface Taken {
  readonly place: number;
  readonly version: Version;
}

/** Places that are looked at before it is given up: where half of them are free, three of four find one. */
const TRIES = 2;
/** Of who is refused where none is found. */
const BORROW_TRIES = 5;

/**
 * Each place is a small record with the time until which it is taken. One is chosen by chance, so that two requests
 * rarely meet; who loses the compare-and-swap has found it taken. That is a GET and a PUT for each wait.
 * @param most of them; 0 = no request waits
 */
export function waitPlaces(
  { records, clock, ids }: Pick<Ports, 'records' | 'clock' | 'ids'>,
  most: number,
): WaitPlaces {
  async function takeOne(place: number, waitMs: number): Promise<Taken | undefined> {
    const key = KEYS.wait(place);
    const there = await records.get(key);
    const now = clock.now();
    if (there !== undefined && fromIso(there.value.until) > now) return undefined;
    const version = await swap(place, now + waitMs, there?.version ?? 'absent');
    return version === undefined ? undefined : { place, version };
  }

  /** `undefined` = another was faster. */
  async function swap(place: number, until: Instant, expected: Version | 'absent'): Promise<Version | undefined> {
    try {
      return await records.put(KEYS.wait(place), { v: 1, until: toIso(until) }, expected);
    } catch (error) {
      if (isLostSwap(error)) return undefined;
      throw error;
    }
  }

  async function takeAny(mostTries: number, waitMs: number): Promise<Taken | undefined> {
    for (let tries = 0; tries < mostTries && most > 0; tries += 1) {
      const taken = await takeOne(Math.floor(fractionOf(ids.ulid()) * most), waitMs);
      if (taken !== undefined) return taken;
    }
    return undefined;
  }

  return {
    take: async (waitMs) => (await takeAny(TRIES, waitMs)) !== undefined,
    async borrow(mostMs) {
      const taken = await takeAny(BORROW_TRIES, mostMs);
      if (taken === undefined) return undefined;
      return {
        async [Symbol.asyncDispose]() {
          // It becomes free by itself, should this fail.
          await swap(taken.place, clock.now(), taken.version).catch(() => undefined);
        },
      };
    },
  };
}
