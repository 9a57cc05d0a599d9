import { memoryForDirect } from '../../disk/direct.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { memoryRecords } from '../../records/memory.ts';
import type { Records } from '../../records/records.ts';
import { hostOf } from '../../records/records.ts';
import { memorySecrets } from '../../secrets/memory.ts';
import type { Sources } from '../../sources/source.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { TransferOptions } from '../../transfer/request.ts';
import type { BackoffPolicy } from '../../transfer/retry.ts';
import { STRAGGLERS } from '../../transfer/straggler.ts';
import { stated } from '../../values/stated.ts';
import type { LocalDestinations } from '../destinations/local-destinations.ts';
import type { BatchShare } from './batch-share.ts';
import { batchShare } from './batch-share.ts';
import { bodyMemory } from './body-memory.ts';
import type { ConnectionLimits } from './connections.ts';
import { probesInTurn, sharedConnections } from './connections.ts';
import { hostPlaces } from './hosts/host-places.ts';
import type { Run } from './run.ts';
import { createRun } from './run.ts';
import type { Standing } from './running-places.ts';
import { runningPlaces } from './running-places.ts';
import { localSizing } from './sizing.ts';
import { stopper } from './stopper.ts';
import type { AtWork } from './watch/at-work.ts';
import { atWorkNotes } from './watch/at-work.ts';

export interface RunNeeds {
  /** Of the destination. */
  readonly kind: string;
  /** Absent where the source is not going to be asked. */
  readonly sourceUrl?: string;
  /** @default 1 */
  readonly parallelism?: number;
  /** Asked for by the caller. @default the home's choice */
  readonly pieceSizeBytes?: number;
  /** For looking at a transfer that another process may be at work on. @default false */
  readonly onlyLooks?: boolean;
}

/** What the transfer of a request needs, whose source is going to be asked. */
export function needsOf(
  { kind }: DestinationLocator,
  { parallelism, pieceSizeBytes }: Pick<TransferOptions, 'parallelism' | 'pieceSizeBytes'>,
  sourceUrl: string,
): RunNeeds {
  return { kind, sourceUrl, parallelism, ...stated({ pieceSizeBytes }) };
}

/**
 * The use cases of `lib/pipeline` in one process, for any number of transfers side by side: it has the body memory, the
 * connections and the destinations that they share, and shares them out in turn.
 */
export interface Engine extends AsyncDisposable {
  /** What one transfer works with, at once: for what takes a moment. */
  open(needs: RunNeeds): Promise<Run>;
  /** The same, when it is one of those that may run side by side: first come, first served, until it is disposed of. */
  openInTurn(needs: RunNeeds, signal: AbortSignal): Promise<Run>;
  /** The place alone, for a run that was opened before: it works once it has it. */
  turn(kind: string, signal: AbortSignal, standing?: () => Standing): Promise<Disposable>;
  /** From now on. What runs, and what is open, stays so to its end. */
  allow(limits: EngineLimits): void;
  /** What has a standing may have another one now. */
  lookAtStandings(): void;
  /** What a batch works with, beside the transfers: it takes no place of theirs. */
  openBatch(kind: string, how?: { readonly onlyLooks?: boolean }): Promise<BatchShare>;
  readonly atWork: AtWork;
  /** Connections to this host, in the form that `hostOf` gives, that are taken now. */
  openTo(host: string): number;
  /** Hosts that a connection is taken to. */
  readonly openHosts: readonly string[];
  /** Body memory that is allocated now. */
  readonly bodyBytes: number;
  // Disposing stops whatever runs.
}

export interface EngineLimits extends ConnectionLimits {
  /** Transfers side by side. */
  readonly running: number;
}

export interface EngineOptions {
  readonly ports: Pick<Ports, 'events' | 'notifications' | 'clock' | 'ids'> & { readonly sources: Sources };
  readonly records: () => Records;
  /** The same records, each read anew. */
  readonly freshRecords: () => Records;
  readonly destinations: LocalDestinations;
  readonly limits: EngineLimits;
  readonly backoff?: BackoffPolicy;
  readonly rescue: boolean;
}

export function createEngine(options: EngineOptions): Engine {
  const { ports, records, freshRecords, destinations, limits, backoff, rescue } = options;
  const memory = bodyMemory(memoryForDirect);
  const connections = sharedConnections(limits);
  const hosts = hostPlaces({ ports, records: freshRecords, connections });
  const places = runningPlaces(limits.running, () => ports.clock.now());
  // A pipe takes one transfer after the other: the bytes of two would be mixed.
  const pipe = runningPlaces(1);
  const closing = new AbortController();
  const atWork = new Set<Promise<unknown>>();
  const notes = atWorkNotes();

  async function track<T>(work: Promise<T>): Promise<T> {
    atWork.add(work);
    try {
      return await work;
    } finally {
      atWork.delete(work);
    }
  }

  async function takeTurn(kind: string, signal: AbortSignal, standing?: () => Standing): Promise<Disposable> {
    using stop = stopper(signal, closing.signal);
    const pipeTurn = destinations.kind(kind).isResumable ? undefined : await pipe.take(stop.signal);
    try {
      const place = await places.take(stop.signal, standing);
      return {
        [Symbol.dispose]() {
          place[Symbol.dispose]();
          pipeTurn?.[Symbol.dispose]();
        },
      };
    } catch (error) {
      pipeTurn?.[Symbol.dispose]();
      throw error;
    }
  }

  async function open(needs: RunNeeds, turn?: Disposable): Promise<Run> {
    const { kind: name, sourceUrl, parallelism = 1, pieceSizeBytes, onlyLooks = false } = needs;
    closing.signal.throwIfAborted();
    const kind = destinations.kind(name);
    const sizing = localSizing({
      kind,
      parallelism,
      isShared: places.isShared,
      ...stated({ pieceSizeBytes, backoff }),
    });
    const destination = await kind.open({ windowBytes: sizing.windowBytes, onlyLooks });
    const host = sourceUrl === undefined ? undefined : hostOf(sourceUrl);
    const connectionShare = connections.share({ host, parallelism });
    const windows = memory.windows(sizing);
    return createRun({
      ports: {
        ...ports,
        // A pipe can't be continued by another process: nothing about it is kept.
        records: kind.isResumable ? records() : memoryRecords(),
        secrets: memorySecrets(),
        sources: probesInTurn(ports.sources, connectionShare),
        destinations: (to) => {
          if (to.kind === name) return destination;
          throw new PieceworkError('Internal', `a run with ${name} as its destination was asked for ${to.kind}`);
        },
        windows,
        policy: rescue ? { ...sizing.policy, stragglers: STRAGGLERS } : sizing.policy,
      },
      connections: connectionShare,
      mayLandUntil: () => destination.mayLandUntil?.() ?? 0,
      borne: async (signal) => (host === undefined ? undefined : await hosts.whenAny(host, signal)),
      parallelism,
      host: (sourceUrl === undefined ? undefined : URL.parse(sourceUrl)?.host) ?? '',
      notes,
      closing: closing.signal,
      track,
      async dispose() {
        connectionShare[Symbol.dispose]();
        if (host !== undefined) await hosts.leaveUnused(host);
        windows[Symbol.dispose]();
        await destination[Symbol.asyncDispose]();
        turn?.[Symbol.dispose]();
      },
    });
  }

  return {
    open: (needs) => open(needs),

    async openInTurn(needs, signal) {
      const turn = await takeTurn(needs.kind, signal);
      try {
        return await open(needs, turn);
      } catch (error) {
        turn[Symbol.dispose]();
        throw error;
      }
    },

    turn: takeTurn,

    allow(next) {
      places.allow(next.running);
      connections.allow(next);
    },

    lookAtStandings: () => places.look(),

    openBatch: async (name, how = {}) => {
      closing.signal.throwIfAborted();
      return await batchShare({ kind: destinations.kind(name), memory, connections, places: hosts, ...how });
    },

    atWork: notes,

    openTo: (host) => connections.openTo(host),

    get openHosts() {
      return connections.openHosts;
    },

    get bodyBytes() {
      return memory.allocatedBytes;
    },

    async [Symbol.asyncDispose]() {
      closing.abort(new PieceworkError('Interrupted', 'piecework was closed while it worked'));
      await Promise.allSettled(atWork);
      await hosts[Symbol.asyncDispose]();
    },
  };
}
