import type { Source } from '../../sources/source.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { RateTimetable } from '../../values/rate-timetable.ts';
import { rateAt, wallTime } from '../../values/rate-timetable.ts';
import type { Clock } from '../../values/time.ts';

/** Bytes per second for all readers together: a bucket that holds half a second's worth, and a queue before it. */
export interface RateLimit {
  /** @param timetable from now on; who waits notices it within a second. `undefined` = no limit */
  change(timetable: RateTimetable | undefined): void;
  /** `undefined` = no limit. */
  readonly bytesPerSecond: number | undefined;
  spend(bytes: number, signal: AbortSignal): Promise<void>;
}

/** Who waits looks again after so long: the rate may be another one, and the clock of the machine may have been set. */
const LOOK_AGAIN_MS = 1_000;

export function rateLimit(atFirst: RateTimetable | undefined, clock: Clock): RateLimit {
  let timetable = atFirst;
  let rate = rateNow();
  let paidUntil = clock.now();

  function rateNow(): number | undefined {
    return timetable === undefined ? undefined : rateAt(timetable, wallTime(clock.now()));
  }

  /** What was owed under another rate is not owed any more. */
  function current(): number | undefined {
    const now = rateNow();
    if (now !== rate) {
      rate = now;
      paidUntil = clock.now();
    }
    return rate;
  }

  return {
    change(next) {
      timetable = next;
    },
    get bytesPerSecond() {
      return rateNow();
    },
    async spend(bytes, signal) {
      for (let owed = current(); owed !== undefined; owed = current()) {
        const now = clock.now();
        paidUntil = Math.max(paidUntil, now - 500) + (bytes * 1000) / owed;
        if (await isPaid(paidUntil, owed, signal)) return;
      }
    },
  };

  /** False = the rate became another one meanwhile. */
  async function isPaid(until: number, owed: number, signal: AbortSignal): Promise<boolean> {
    for (let now = clock.now(); now < until; now = clock.now()) {
      await clock.sleep(Math.min(until - now, LOOK_AGAIN_MS), signal);
      if (current() !== owed) return false;
    }
    return true;
  }
}

/** The same source, its bodies held to the limit. Reads are kept small, so that the bytes come evenly. */
export function limitedSource(source: Source, limit: RateLimit): Source {
  return {
    // What the store copies by itself does not use the line that is limited.
    ...source,
    async probe(from, firstBytes, call) {
      const probe = await source.probe(from, firstBytes, call);
      return {
        ...probe,
        body: limitedReader(probe.body, limit, call.signal),
        [Symbol.asyncDispose]: () => probe[Symbol.asyncDispose](),
      };
    },
    open: async (from, snapshot, range, call) =>
      limitedReader(await source.open(from, snapshot, range, call), limit, call.signal),
  };
}

const READ_BYTES = 64 * 1024;

function limitedReader(reader: ByteReader, limit: RateLimit, signal: AbortSignal): ByteReader {
  return {
    async read(into) {
      const isLimited = limit.bytesPerSecond !== undefined;
      const got = await reader.read(isLimited && into.length > READ_BYTES ? into.subarray(0, READ_BYTES) : into);
      if (got > 0) await limit.spend(got, signal);
      return got;
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
