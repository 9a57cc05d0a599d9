import type { Source } from '../../sources/source.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { Clock } from '../../values/time.ts';

/** Bytes per second for all readers together: a bucket that holds half a second's worth, and a queue before it. */
export interface RateLimit {
  spend(bytes: number, signal: AbortSignal): Promise<void>;
}

export function rateLimit(bytesPerSecond: number, clock: Clock): RateLimit {
  let paidUntil = clock.now();
  return {
    async spend(bytes, signal) {
      const now = clock.now();
      paidUntil = Math.max(paidUntil, now - 500) + (bytes * 1000) / bytesPerSecond;
      if (paidUntil > now) await clock.sleep(paidUntil - now, signal);
    },
  };
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
      const got = await reader.read(into.length > READ_BYTES ? into.subarray(0, READ_BYTES) : into);
      if (got > 0) await limit.spend(got, signal);
      return got;
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
