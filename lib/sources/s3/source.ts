import type { Guard } from '../../guard/guard.ts';
import { lazyReader } from '../../net/bodies/lazy-reader.ts';
import { speedFloors } from '../../net/bodies/speed.ts';
import { recentlyUsed } from '../../net/pools/recently-used.ts';
import { netSettings } from '../../net/settings.ts';
import type { Connections } from '../../s3/client.ts';
import { connections } from '../../s3/client.ts';
import type { SourceLocator, SourceStore } from '../../transfer/locators.ts';
import type { Call } from '../../values/call.ts';
import { stated } from '../../values/stated.ts';
import type { Probe, Source } from '../source.ts';
import { s3SourceError } from './errors.ts';
import type { S3Context } from './objects.ts';
import { headOf, openRange } from './objects.ts';
import { snapshotOf } from './snapshot.ts';
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

interface Context extends S3Context {
  targetOf(from: SourceLocator): S3Target;
}

/** A process that lives for long (a warm function) meets ever more of them. */
const MOST_IDENTITIES = 32;

/**
 * Objects in S3 or a store that speaks like it, with credentials, region and endpoint of their own. Every range carries
 * `If-Match`, so a replaced object is noticed by the store itself. Retries nothing.
 */
export function s3Source(options: S3SourceOptions = {}): Source {
  // One set of clients for each identity; the name stays in this process's memory. What gives way is not closed: a body
  // may still be read from it. Its idle connections are closed by the store, within seconds.
  const pools = recentlyUsed<Connections>(MOST_IDENTITIES, () => {});
  const { maxSockets, caFile, connectTimeoutMs, headersTimeoutMs, stallTimeoutMs, minBytesPerSecond } = options;
  const { guard } = options;
  const settings = netSettings(stated({ headersTimeoutMs, stallTimeoutMs, minBytesPerSecond }));
  const { headersTimeoutMs: answerTimeoutMs } = settings;
  const own = stated({ maxSockets, caFile, connectTimeoutMs, answerTimeoutMs, lookup: guard?.lookup });
  const context: Context = {
    settings,
    floorOf: speedFloors(settings),
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
  const snapshot = snapshotOf(await headOf(context, target, call), target);
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
