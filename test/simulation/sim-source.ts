import { PieceworkError } from '../../lib/errors/error.ts';
import { redactUrl } from '../../lib/errors/redact.ts';
import { sequentialHasher } from '../../lib/integrity/hasher.ts';
import type { Probe, Source } from '../../lib/sources/source.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import type { ByteRange } from '../../lib/values/ranges.ts';
import type { Validator } from '../../lib/values/validator.ts';
import { sameVersion } from '../../lib/values/validator.ts';
import { SOURCE_READ, SOURCE_REQUEST } from './faults.ts';
import type { SimProcess } from './sim-process.ts';

/** One URL of the simulated origin, and how it misbehaves. Requests are counted from 1. */
export interface SimOrigin {
  readonly url: string;
  readonly versions: readonly OriginVersion[];
  /** The second version is there from this request on. */
  readonly changesAt: number | undefined;
  /** The second version is there as soon as the transfer has failed once: whoever goes on with it must notice. */
  readonly changesOnFailure: boolean;
  hasChanged: boolean;
  readonly tellsSize: boolean;
  readonly hasRanges: boolean;
  /** From this request on it answers any range with the whole. */
  readonly ignoresRangesFrom: number | undefined;
  /** These requests are forbidden: the link has expired, until somebody mends it. */
  readonly forbidden: { readonly from: number; readonly to: number } | undefined;
  readonly publishesDigest: boolean;
  requests: number;
}

export interface OriginVersion {
  readonly bytes: Uint8Array;
  readonly validator: Validator;
}

export function simSource(process: SimProcess, origins: ReadonlyMap<string, SimOrigin>): Source {
  const { world } = process;

  /** One request: the version that answers it is pinned, as a server keeps its file open. */
  async function ask<T>(
    url: string,
    what: string,
    signal: AbortSignal,
    answer: (origin: SimOrigin, version: OriginVersion, hasRanges: boolean) => T,
  ): Promise<T> {
    const origin = origins.get(url);
    if (origin === undefined) throw new PieceworkError('SourceNotFound', `there is no ${redactUrl(url)}`);
    return await process.call(
      what,
      SOURCE_REQUEST,
      () => {
        origin.requests += 1;
        const { requests, forbidden, changesAt, ignoresRangesFrom } = origin;
        if (forbidden !== undefined && requests >= forbidden.from && requests < forbidden.to) {
          world.count('sourceForbidden');
          throw new PieceworkError('SourceForbidden', `${redactUrl(url)} answered 403`, {
            details: { sourceStatus: 403 },
          });
        }
        const version =
          (origin.hasChanged || (changesAt !== undefined && requests >= changesAt) ? origin.versions[1] : undefined) ??
          origin.versions[0];
        if (version === undefined) throw new RangeError('an origin without a version');
        return answer(
          origin,
          version,
          origin.hasRanges && (ignoresRangesFrom === undefined || requests < ignoresRangesFrom),
        );
      },
      signal,
    );
  }

  return {
    schemes: ['https'],

    async probe({ url }, firstBytes, { signal }): Promise<Probe> {
      const { snapshot, range, bytes } = await ask(
        url,
        `probe ${redactUrl(url)}`,
        signal,
        (origin, version, hasRanges) => {
          const ranged = firstBytes !== 'all' && hasRanges;
          const end = ranged ? Math.min(firstBytes, version.bytes.length) : version.bytes.length;
          return { snapshot: snapshotOf(origin, version, ranged), range: { start: 0, end }, bytes: version.bytes };
        },
      );
      const body = readerOf(process, bytes, range, signal);
      return {
        snapshot,
        finalUrl: redactUrl(url),
        body,
        bodyIsWhole: range.end === bytes.length,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },

    async open({ url }, snapshot, range, { signal }): Promise<ByteReader> {
      const bytes = await ask(url, `open [${range.start}, ${range.end})`, signal, (_origin, version, hasRanges) => {
        const isSame =
          sameVersion(snapshot.validator, version.validator) &&
          (snapshot.sizeBytes === undefined || snapshot.sizeBytes === version.bytes.length);
        if (!isSame) throw new PieceworkError('SourceChanged', 'another version is there now');
        if (!hasRanges) throw new PieceworkError('RangesNotHonoured', 'the whole was answered instead of a range');
        return version.bytes;
      });
      return readerOf(process, bytes, range, signal);
    },

    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function snapshotOf(origin: SimOrigin, version: OriginVersion, ranged: boolean): Snapshot {
  const digests = origin.publishesDigest ? { sha256: sha256(version.bytes) } : {};
  return {
    ranges: ranged,
    validator: version.validator,
    digests,
    warnings: [],
    ...(origin.tellsSize ? { sizeBytes: version.bytes.length } : {}),
  };
}

export function sha256(bytes: Uint8Array): string {
  const hasher = sequentialHasher(['sha256']);
  hasher.update(bytes);
  return hasher.digests().sha256 ?? '';
}

function readerOf(process: SimProcess, bytes: Uint8Array, range: ByteRange, signal: AbortSignal): ByteReader {
  let at = range.start;
  return {
    async read(into) {
      const most = process.world.chance.between(Math.min(2, into.length), into.length);
      const chunk = await process.call(
        'read',
        SOURCE_READ,
        () => bytes.subarray(at, Math.min(at + most, range.end)),
        signal,
      );
      at += chunk.length;
      into.set(chunk);
      return chunk.length;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
