import { PieceworkError } from '../../lib/errors/error.ts';
import { redactUrl } from '../../lib/errors/redact.ts';
import { ifRangeOf } from '../../lib/http/grammar/validator.ts';
import { sequentialHasher } from '../../lib/integrity/hasher.ts';
import type { Probe, Source } from '../../lib/sources/source.ts';
import type { RangeAnswer, StatedRange } from '../../lib/transfer/checks/range-answer.ts';
import { checkRangeAnswer } from '../../lib/transfer/checks/range-check.ts';
import type { CopySource } from '../../lib/transfer/locators.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import type { ByteRange } from '../../lib/values/ranges.ts';
import { rangeLength } from '../../lib/values/ranges.ts';
import type { Validator } from '../../lib/values/web/validator.ts';
import { sameVersion } from '../../lib/values/web/validator.ts';
import { SOURCE_READ, SOURCE_REQUEST } from './faults.ts';
import type { Nature } from './nature.ts';
import type { SimProcess } from './sim-process.ts';
import type { Silences } from './sim-silent.ts';
import { beSilent } from './sim-silent.ts';
import type { TakenConnection, Unsteady } from './sim-unsteady.ts';
import { FILE_TYPE, isTurnedAway, PAGE_HEAD, PAGE_SEEN } from './sim-unsteady.ts';
import { SECOND_MS } from './times.ts';

/** Gets each connection, and what comes over it. */
export interface SeenConnection {
  brought(at: number, bytes: number): void;
  closed(): void;
}

interface ConnectionWatch {
  opens(range: ByteRange): SeenConnection;
}

/** One URL of the simulated origin, and how it misbehaves. Requests are counted from 1. */
export interface SimOrigin {
  readonly url: string;
  readonly versions: readonly OriginVersion[];
  /** The second version is there from this request on. */
  readonly changesAt: number | undefined;
  /** The second version is there as soon as the transfer has failed once: a retry must notice. */
  readonly changesOnFailure: boolean;
  hasChanged: boolean;
  readonly statesSize: boolean;
  readonly hasRanges: boolean;
  /** From this request on it answers any range with the whole. */
  readonly ignoresRangesFrom: number | undefined;
  /** It answers a range of whatever version it has now, though `If-Range` names another. */
  readonly ignoresIfRange: boolean;
  /** These requests are forbidden: the link has expired, until it is mended. */
  readonly forbidden: { readonly from: number; readonly to: number } | undefined;
  readonly publishesDigest: boolean;
  /** It is an object of the store that is the destination, too. */
  readonly isInStore: boolean;
  /** @default it does not contradict itself */
  readonly unsteady?: Unsteady;
  /** @default it always gives something */
  readonly silences?: Silences;
  requests: number;
  /** When it gave its last byte. */
  gaveAt?: number;
}

export interface OriginVersion {
  readonly bytes: Uint8Array;
  readonly validator: Validator;
}

export function simSource(
  process: SimProcess,
  origins: ReadonlyMap<string, SimOrigin>,
  rescues: ConnectionWatch,
): Source {
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
        beSilent(origin.silences, world.now);
        if (isForbidden(origin)) {
          world.count('sourceForbidden');
          throw new PieceworkError('SourceForbidden', `${redactUrl(url)} answered 403`, {
            details: { sourceStatus: 403 },
          });
        }
        const version = currentVersion(origin);
        const hasRanges = origin.hasRanges && origin.requests < (origin.ignoresRangesFrom ?? Number.POSITIVE_INFINITY);
        if (version !== origin.versions[0]) world.count('sourceChanged');
        if (origin.hasRanges && !hasRanges) world.count('sourceIgnoresRange');
        return answer(origin, version, hasRanges);
      },
      signal,
    );
  }

  return {
    schemes: ['https'],

    async probe({ url }, firstBytes, { signal }): Promise<Probe> {
      const { snapshot, body, isWhole } = await ask(
        url,
        `probe ${redactUrl(url)}`,
        signal,
        (origin, version, hasRanges) => {
          if (isTurnedAway(origin.unsteady)) {
            world.count('sourceTurnsAway');
            return { snapshot: pageSnapshot(), body: PAGE_SEEN.body, isWhole: true };
          }
          const ranged = firstBytes !== 'all' && hasRanges;
          const sent = version.bytes.subarray(0, ranged ? firstBytes : undefined);
          return {
            snapshot: snapshotOf(origin, version, ranged),
            body: sent,
            isWhole: sent.length === version.bytes.length,
          };
        },
      );
      return {
        snapshot,
        finalUrl: redactUrl(url),
        body: cut(
          readerOf(process, origins.get(url), body, body.length, signal),
          origins.get(url)?.unsteady?.cutsAfter,
        ),
        bodyIsWhole: isWhole,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },

    async open({ url }, snapshot, range, { signal }): Promise<ByteReader> {
      const seen = withClosing(rescues.opens(range));
      signal.addEventListener('abort', seen.closed);
      try {
        for (const sentIfRange of ifRangeOf(snapshot.validator) === undefined ? [false] : [true, false]) {
          const what = `open [${range.start}, ${range.end})${sentIfRange ? '' : ' plainly'}`;
          const { head, body } = await ask(url, what, signal, (origin, version, hasRanges) => {
            const isHeld = !sentIfRange || origin.ignoresIfRange || sameVersion(snapshot.validator, version.validator);
            if (isTurnedAway(origin.unsteady)) {
              world.count('sourceTurnsAway');
              return { head: PAGE_HEAD, body: PAGE_SEEN.body };
            }
            const taken: TakenConnection = { process, signal };
            origin.unsteady?.taken.add(taken);
            seen.closes(() => origin.unsteady?.taken.delete(taken));
            return answerTo(range, origin, version, hasRanges && isHeld, world);
          });
          const verdict = checkRangeAnswer(range, snapshot, head, { sentIfRange });
          if (verdict.kind === 'accepted') {
            if (body.length > rangeLength(range))
              world.broke(`${body.length} bytes are read as the range [${range.start}, ${range.end}) (invariant 1)`);
            const origin = origins.get(url);
            const isSlow = world.strikes('sourceSlow');
            const reader = readerOf(process, origin, body, rangeLength(range), signal, isSlow);
            return watched(cut(reader, origin?.unsteady?.cutsAfter), range.start, seen);
          }
          if (verdict.kind === 'refused') throw new PieceworkError(verdict.code, verdict.because);
        }
        throw new RangeError('the check asks again only where If-Range was sent');
      } catch (error) {
        seen.closed();
        throw error;
      }
    },

    copySource: async ({ url }) => (origins.get(url)?.isInStore === true ? copySourceOf(url) : undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function copySourceOf(url: string): CopySource {
  return { bucket: 'source', key: new URL(url).pathname.slice(1) };
}

/** What the store finds when it is asked to copy, at this very request. */
export function versionInStore(
  origins: ReadonlyMap<string, SimOrigin>,
  { key }: CopySource,
): { readonly version: OriginVersion; readonly isForbidden: boolean } {
  const origin = [...origins.values()].find(({ url }) => copySourceOf(url).key === key);
  if (origin === undefined) throw new PieceworkError('SourceNotFound', `NoSuchKey ${key}`);
  origin.requests += 1;
  return { version: currentVersion(origin), isForbidden: isForbidden(origin) };
}

function isForbidden({ requests, forbidden }: SimOrigin): boolean {
  return forbidden !== undefined && requests >= forbidden.from && requests < forbidden.to;
}

function currentVersion({ versions, hasChanged, changesAt, requests, unsteady }: SimOrigin): OriginVersion {
  const flipped = unsteady?.flips === true && requests % 2 === 0;
  const isChanged = flipped || hasChanged || (changesAt !== undefined && requests >= changesAt);
  const version = (isChanged ? versions[1] : undefined) ?? versions[0];
  if (version === undefined) throw new RangeError('an origin without a version');
  return version;
}

/** The head of the answer, and the bytes that really come with it. */
function answerTo(
  { start, end }: ByteRange,
  { unsteady }: SimOrigin,
  { bytes, validator }: OriginVersion,
  hasRanges: boolean,
  world: Nature,
): { readonly head: RangeAnswer; readonly body: Uint8Array } {
  const typed = unsteady === undefined ? {} : { contentType: FILE_TYPE };
  if (!hasRanges) return { head: { ...typed, kind: 'whole', lengthBytes: bytes.length, validator }, body: bytes };
  const by = start > 0 ? -1 : end < bytes.length ? 1 : 0;
  const lies = by !== 0 && ((unsteady?.shifts === true && start > 0) || world.strikes('sourceWrongRange'));
  const from = lies ? start + by : start;
  const body = bytes.subarray(from, end + from - start);
  const range = { start: from, end: from + body.length };
  // Who answers another range says so, or says nothing of the range at all.
  const stated: StatedRange =
    lies && world.chance.hit(0.5) ? { kind: 'nothing' } : { kind: 'range', range, totalBytes: bytes.length };
  return { head: { ...typed, kind: 'part', stated, lengthBytes: body.length, validator }, body };
}

function snapshotOf(origin: SimOrigin, version: OriginVersion, ranged: boolean): Snapshot {
  const digests = origin.publishesDigest ? { sha256: sha256(version.bytes) } : {};
  return {
    ranges: ranged,
    validator: version.validator,
    digests,
    warnings: [],
    ...(origin.statesSize ? { sizeBytes: version.bytes.length } : {}),
    ...(origin.unsteady === undefined ? {} : { contentType: FILE_TYPE }),
  };
}

function pageSnapshot(): Snapshot {
  const { contentType, sizeBytes, validator } = PAGE_SEEN;
  return { ranges: false, validator, digests: {}, warnings: [], sizeBytes, contentType };
}

/** The same, which also calls back once it is closed. */
function withClosing(seen: SeenConnection): SeenConnection & { closes(then: () => void): void } {
  const onClosed: (() => void)[] = [];
  return {
    brought: seen.brought,
    closed() {
      seen.closed();
      for (const then of onClosed) then();
    },
    closes: (then) => void onClosed.push(then),
  };
}

/** Breaks off after so many bytes, if that is before its end. */
function cut(reader: ByteReader, afterBytes = Number.POSITIVE_INFINITY): ByteReader {
  let left = afterBytes;
  return {
    async read(into) {
      if (left === 0) throw new PieceworkError('SourceReset', 'the connection is cut, as each is');
      const got = await reader.read(into.subarray(0, left));
      left -= got;
      return got;
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

export function sha256(bytes: Uint8Array): string {
  const hasher = sequentialHasher(['sha256']);
  hasher.update(bytes);
  return hasher.digests().sha256 ?? '';
}

function watched(reader: ByteReader, from: number, seen: SeenConnection): ByteReader {
  let at = from;
  return {
    async read(into) {
      const got = await reader.read(into);
      seen.brought(at, got);
      at += got;
      return got;
    },
    async [Symbol.asyncDispose]() {
      seen.closed();
      await reader[Symbol.asyncDispose]();
    },
  };
}

/** Reads what came with the answer, and counts: as many bytes as were promised, or an error. */
function readerOf(
  process: SimProcess,
  origin: SimOrigin | undefined,
  body: Uint8Array,
  promised: number,
  signal: AbortSignal,
  isSlow = false,
): ByteReader {
  let at = 0;
  return {
    async read(into) {
      if (isSlow) await process.sleep(process.world.chance.between(2 * SECOND_MS, 20 * SECOND_MS), signal);
      const most = process.world.chance.between(Math.min(2, into.length), into.length);
      const give = () => {
        if (at === promised && body.length > promised)
          throw new PieceworkError('BodyLong', 'more came than was promised');
        if (origin !== undefined && at < promised) origin.gaveAt = process.world.now;
        return body.subarray(at, Math.min(at + most, promised));
      };
      const chunk = await process.call('read', SOURCE_READ, give, signal);
      at += chunk.length;
      into.set(chunk);
      return chunk.length;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
