import type { Destination } from '../../destinations/destination.ts';
import type { DestinationKind } from '../../destinations/kind.ts';
import type { Buffers } from '../../pipeline/batch/batch-ports.ts';
import type { BodyMemory } from './body-memory.ts';
import type { ConnectionShare, Connections } from './connections.ts';

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
}

export interface BatchShareOptions {
  readonly kind: DestinationKind;
  readonly memory: BodyMemory;
  readonly connections: Connections;
}

export async function batchShare({ kind, memory, connections }: BatchShareOptions): Promise<BatchShare> {
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
    connect: (host, parallelism, signal) => shareOf(host, parallelism).take(signal),
    async [Symbol.asyncDispose]() {
      for (const share of shares.values()) share[Symbol.dispose]();
      for (const pool of pools) pool[Symbol.dispose]();
      await destination[Symbol.asyncDispose]();
    },
  };
}
