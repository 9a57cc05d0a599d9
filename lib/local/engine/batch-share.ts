import type { Destination } from '../../destinations/destination.ts';
import type { DestinationKind } from '../../destinations/kind.ts';
import type { Buffers } from '../../pipeline/batch/batch-ports.ts';
import type { BodyMemory } from './body-memory.ts';
import type { ConnectionShare, Connections } from './connections.ts';
import type { HostPlaces } from './hosts/host-places.ts';

const KIB = 1024;
const MIB = 1024 ** 2;

/** Sizes of buffers: an entry gets the smallest that holds it. Most files of a list of many are below the first. */
const SIZES = [64 * KIB, MIB, 8 * MIB] as const;
const LARGEST = SIZES[2];

/** What a batch has of the engine: a destination of its own, and its turn at memory and connections. */
export interface BatchShare extends AsyncDisposable {
  readonly destination: Destination;
  readonly buffers: Buffers;
  /** @param parallelism that the batch may have of this host */
  connect(host: string, parallelism: number, signal: AbortSignal): Promise<Disposable>;
  /** Connections to the host that are this process's; `undefined` = nothing is known against any number. */
  placesOf(host: string, parallelism: number): Promise<number | undefined>;
}

export interface BatchShareOptions {
  readonly kind: DestinationKind;
  readonly memory: BodyMemory;
  readonly connections: Connections;
  readonly places: HostPlaces;
  /** It takes no share of a host that is written down, and goes by what it would have. @default false */
  readonly onlyLooks?: boolean;
}

export async function batchShare(options: BatchShareOptions): Promise<BatchShare> {
  const { kind, memory, connections, places, onlyLooks = false } = options;
  const destination = await kind.open({ windowBytes: LARGEST, onlyLooks: false });
  const pools = SIZES.map((windowBytes) => memory.windows({ windowBytes, streamWindows: 1, windowCount: 1 }));
  const shares = new Map<string, ConnectionShare>();

  function shareOf(host: string, parallelism: number): ConnectionShare {
    const share = shares.get(host) ?? connections.share({ host, parallelism });
    shares.set(host, share);
    return share;
  }

  return {
    destination,
    buffers: {
      mostBytes: LARGEST,
      async borrow(sizeBytes, signal) {
        const pool = pools.find(({ windowBytes }) => windowBytes >= sizeBytes);
        if (pool === undefined) throw new RangeError(`no buffer has ${sizeBytes} bytes`);
        return await pool.borrow(signal);
      },
    },
    async connect(host, parallelism, signal) {
      const share = shareOf(host, parallelism);
      if (onlyLooks) return await share.take(signal);
      const borne = await places.whenAny(host, signal);
      return await share.take(signal, borne ?? Number.POSITIVE_INFINITY);
    },
    async placesOf(host, parallelism) {
      if (onlyLooks) return await places.ifItShared(host);
      // What it is going to take counts before it takes any.
      shareOf(host, parallelism);
      return await places.now(host);
    },
    async [Symbol.asyncDispose]() {
      for (const share of shares.values()) share[Symbol.dispose]();
      for (const host of shares.keys()) await places.leaveUnused(host);
      for (const pool of pools) pool[Symbol.dispose]();
      await destination[Symbol.asyncDispose]();
    },
  };
}
