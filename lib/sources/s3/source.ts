import type { Readable } from 'node:stream';
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../errors/error.ts';
import type { Guard } from '../../guard/guard.ts';
import { rangeAnswerOf } from '../../http/grammar/range-answer.ts';
import { toRangeHeader } from '../../http/grammar/range-fields.ts';
import { bodyReader } from '../../net/bodies/body-reader.ts';
import { lazyReader } from '../../net/bodies/lazy-reader.ts';
import { streamBody } from '../../net/bodies/stream-body.ts';
import { recentlyUsed } from '../../net/pools/recently-used.ts';
import type { NetSettings } from '../../net/settings.ts';
import { netSettings } from '../../net/settings.ts';
import type { Clients, Connections } from '../../s3/client.ts';
import { connections } from '../../s3/client.ts';
import type { SourceLocator, SourceStore } from '../../transfer/locators.ts';
import type { RangeAnswer } from '../../transfer/range-answer.ts';
import { checkRangeAnswer } from '../../transfer/range-check.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { ByteRange } from '../../values/ranges.ts';
import { rangeLength } from '../../values/ranges.ts';
import { stated } from '../../values/stated.ts';
import type { Probe, Source } from '../source.ts';
import { readError, s3SourceError } from './errors.ts';
import { snapshotOf, validatorOf, withoutTransport } from './snapshot.ts';
import type { Lending, S3Target } from './url.ts';
import { s3Target } from './url.ts';

export interface S3SourceOptions {
  /** For locators that don't say. */
  readonly store?: SourceStore;
  readonly maxSockets?: number;
  /** PEM file of a certificate authority to trust besides the known ones. */
  readonly caFile?: string;
  /** @default 10 s */
  readonly connectTimeoutMs?: number;
  /** From a question to its answer, and from there to the end of an answer that is not the object. @default 30 s */
  readonly headersTimeoutMs?: number;
  /** Longest silence within a body. @default 30 s */
  readonly stallTimeoutMs?: number;
  /** @default no minimum */
  readonly minBytesPerSecond?: number;
  /** @default locators that bring no credentials are read with those of this process */
  readonly lending?: Lending;
  /** Refuses endpoints and addresses that may not be contacted. @default everything may be */
  readonly guard?: Guard;
  /** For `Retry-After` dates. @default Date.now */
  readonly now?: () => number;
}

interface Context {
  readonly options: S3SourceOptions;
  readonly settings: NetSettings;
  targetOf(from: SourceLocator): S3Target;
  clients(target: S3Target): Promise<Clients>;
  now(): number;
}

/** A process that lives for long (a warm function) meets ever more of them. */
const MOST_IDENTITIES = 32;

/**
 * Objects in S3 or a store that speaks like it, with credentials, region and endpoint of their own. Every range carries
 * `If-Match`, so a replaced object is noticed by the store itself. Retries nothing.
 */
export function s3Source(options: S3SourceOptions = {}): Source {
  // One set of clients for each identity; the name stays in this process's memory. What gives way is not closed: a body may still be read from
  // it. Its idle connections are closed by the store, within seconds.
  const pools = recentlyUsed<Connections>(MOST_IDENTITIES, () => {});
  const { maxSockets, caFile, connectTimeoutMs, headersTimeoutMs, stallTimeoutMs, minBytesPerSecond } = options;
  const { guard } = options;
  const settings = netSettings(stated({ headersTimeoutMs, stallTimeoutMs, minBytesPerSecond }));
  const { headersTimeoutMs: answerTimeoutMs } = settings;
  const own = stated({ maxSockets, caFile, connectTimeoutMs, answerTimeoutMs, lookup: guard?.lookup });
  const context: Context = {
    options,
    settings,
    targetOf: (from) => s3Target(from, options.store ?? {}, options.lending),
    async clients({ access, object }) {
      if (object.endpoint !== undefined) guard?.checkUrl(object.endpoint);
      const name = JSON.stringify(access);
      const pool = pools.of(name, () => connections({ ...own, ...access }));
      return await pool.clients(object);
    },
    now: options.now ?? Date.now,
  };
  return {
    schemes: ['s3'],
    probe: (from, firstBytes, call) => probe(context, from, firstBytes, call),
    open: async (from, snapshot, range, call) => openRange(context, context.targetOf(from), snapshot, range, call),
    async copySource(from) {
      const { object, versionId } = context.targetOf(from);
      return versionId === undefined ? object : { ...object, versionId };
    },
    async [Symbol.asyncDispose]() {
      for (const pool of pools.all()) pool.close();
    },
  };
}

async function probe(context: Context, from: SourceLocator, firstBytes: number | 'all', call: Call): Promise<Probe> {
  const target = context.targetOf(from);
  const snapshot = snapshotOf(await head(context, target, call), target);
  const { sizeBytes } = snapshot;
  if (sizeBytes === undefined)
    throw s3SourceError('SourceMalformed', target, 'the store does not say how large the object is');
  const end = firstBytes === 'all' ? sizeBytes : Math.min(firstBytes, sizeBytes);
  const read = () => openRange(context, target, snapshot, { start: 0, end }, call);
  // Opened when it is read, if ever: where the store copies the object by itself it is not.
  const body = lazyReader(read);
  return {
    snapshot,
    finalUrl: target.shown,
    body,
    bodyIsWhole: end === sizeBytes,
    [Symbol.asyncDispose]: () => body[Symbol.asyncDispose](),
  };
}

async function head(context: Context, target: S3Target, call: Call): Promise<HeadObjectCommandOutput> {
  try {
    return await perform(context, target, call, ({ once }, options) =>
      once.send(new HeadObjectCommand({ ...wanted(target), ChecksumMode: 'ENABLED' }), options),
    );
  } catch (error) {
    // A HEAD that is refused has no body to say why. The same question as a GET has.
    const status = error instanceof PieceworkError ? error.details.sourceStatus : undefined;
    if (status === undefined || status >= 500) throw error;
    await perform(context, target, call, ({ once }, options) =>
      once.send(new GetObjectCommand({ ...wanted(target), Range: 'bytes=0-0' }), options),
    ).then(({ Body }) => (Body as Readable | undefined)?.destroy());
    throw error;
  }
}

function wanted({ object, versionId }: S3Target) {
  return { Bucket: object.bucket, Key: object.key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

async function openRange(
  context: Context,
  target: S3Target,
  snapshot: Snapshot,
  range: ByteRange,
  call: Call,
): Promise<ByteReader> {
  if (rangeLength(range) === 0) return EMPTY;
  const { validator } = snapshot;
  const command = new GetObjectCommand({
    ...wanted(target),
    Range: toRangeHeader(range),
    ...(validator.kind === 'strong' || validator.kind === 'weak' ? { IfMatch: validator.etag } : {}),
  });
  const answer = await perform(context, target, call, ({ once }, options) => once.send(command, options));
  const stream = answer.Body as Readable;
  const verdict = checkRangeAnswer(range, snapshot, answerHead(answer), false);
  if (verdict.kind !== 'accepted') {
    stream.on('error', () => {}).destroy();
    throw verdict.kind === 'refused'
      ? s3SourceError(verdict.code, target, verdict.because)
      : s3SourceError('RangesNotHonoured', target, 'the store ignores the range');
  }
  const { stallTimeoutMs, minBytesPerSecond } = context.settings;
  const body = streamBody(stream, {
    signal: call.signal,
    stallTimeoutMs,
    failure: (cause) =>
      cause === undefined
        ? s3SourceError('SourceStalled', target, 'the body stopped coming')
        : s3SourceError('BodyShort', target, 'the connection broke before the body was complete', cause),
  });
  return bodyReader({
    url: new URL(target.shown),
    body,
    expectedBytes: rangeLength(range),
    floor: { minBytesPerSecond, windowMs: stallTimeoutMs },
  });
}

function answerHead({ ContentRange, ContentLength, ContentType, ...answer }: GetObjectCommandOutput): RangeAnswer {
  return rangeAnswerOf({
    status: ContentRange === undefined ? 200 : 206,
    validator: validatorOf(answer.ETag),
    ...stated({
      contentRange: ContentRange,
      contentLength: ContentLength === undefined ? undefined : String(ContentLength),
      contentEncoding: withoutTransport(answer.ContentEncoding),
      contentType: ContentType,
    }),
  });
}

const EMPTY: ByteReader = { read: async () => 0, [Symbol.asyncDispose]: async () => {} };

/** One try. Turns whatever goes wrong into a `PieceworkError`; an aborted signal into its own reason. */
async function perform<T>(
  context: Context,
  target: S3Target,
  { signal }: Call,
  send: (clients: Clients, options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await send(await context.clients(target), { abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    throw readError(error, target, context.now());
  }
}
