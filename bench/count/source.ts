import { PieceworkError } from '../../lib/errors/error.ts';
import type { Sources } from '../../lib/sources/source.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import { fractionOf } from '../../lib/values/random.ts';

/**
 * Sources of so many bytes, which take no time.
 * @param failing of the pieces' first tries, which are broken off
 * @param ranges without them a source does not say how long it is either
 */
export function countedSources(sizeBytes: number, { failing = 0, ranges = true } = {}): Sources {
  const snapshot: Snapshot = {
    ...(ranges ? { sizeBytes } : {}),
    ranges,
    validator: { kind: 'strong', etag: '"v1"' },
    digests: {},
    warnings: [],
  };
  const tries = new Map<number, number>();
  return () => ({
    schemes: ['https'],
    async probe(_from, firstBytes) {
      const bodyIsWhole = !ranges || firstBytes === 'all' || sizeBytes <= firstBytes;
      // Of what is larger only a look is taken.
      const body = zeros(bodyIsWhole ? sizeBytes : 1);
      return { snapshot, finalUrl: '', body, bodyIsWhole, async [Symbol.asyncDispose]() {} };
    },
    async open(_from, _snapshot, range) {
      const tried = (tries.get(range.start) ?? 0) + 1;
      if (failing > 0) tries.set(range.start, tried);
      if (tried === 1 && fractionOf(`fails ${range.start}`) < failing)
        throw new PieceworkError('SourceReset', 'broken off');
      return zeros(range.end - range.start);
    },
    copySource: async () => undefined,
    async [Symbol.asyncDispose]() {},
  });
}

function zeros(length: number): ByteReader {
  let left = length;
  return {
    async read(into) {
      const got = Math.min(left, into.length);
      left -= got;
      return got;
    },
    async [Symbol.asyncDispose]() {},
  };
}
