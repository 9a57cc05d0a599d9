import type { Ports } from '../../pipeline/shared/ports.ts';
import { isLostSwap } from '../../pipeline/shared/taken-over.ts';
import { KEYS } from '../../records/records.ts';
import { fractionOf } from '../../values/random.ts';
import { fromIso, toIso } from '../../values/time.ts';

/** Bounds how many requests wait at the same time, in all processes of a home together. */
export interface WaitPlaces {
  /** Takes a place for so long; it becomes free by itself. False = none was found: answer at once. */
  take(waitMs: number): Promise<boolean>;
}

/** Places that are looked at before it is given up: where half of them are free, three of four find one. */
const TRIES = 2;

/**
 * Each place is a small record with the time until which it is taken. One is chosen by chance, so that two requests
 * rarely meet; who loses the compare-and-swap has found it taken. That is a GET and a PUT for each wait.
 * @param most of them; 0 = no request waits
 */
export function waitPlaces(
  { records, clock, ids }: Pick<Ports, 'records' | 'clock' | 'ids'>,
  most: number,
): WaitPlaces {
  async function takeOne(place: number, waitMs: number): Promise<boolean> {
    const key = KEYS.wait(place);
    const there = await records.get(key);
    const now = clock.now();
    if (there !== undefined && fromIso(there.value.until) > now) return false;
    try {
      await records.put(key, { v: 1, until: toIso(now + waitMs) }, there?.version ?? 'absent');
      return true;
    } catch (error) {
      if (isLostSwap(error)) return false;
      throw error;
    }
  }

  return {
    async take(waitMs) {
      for (let tries = 0; tries < TRIES && most > 0; tries += 1) {
        const place = Math.floor(fractionOf(ids.ulid()) * most);
        if (await takeOne(place, waitMs)) return true;
      }
      return false;
    },
  };
}
