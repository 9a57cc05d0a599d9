import type { BatchPorts } from '../../pipeline/batch/batch-ports.ts';
import { BACKOFF } from '../../transfer/retry.ts';
import { stated } from '../../values/stated.ts';
import type { BatchShare } from '../engine/batch-share.ts';
import { runningPlaces } from '../engine/running-places.ts';
import { localSizing } from '../engine/sizing.ts';
import type { Home } from '../home/home.ts';
import type { BatchRequest } from './api.ts';
import type { BatchFolder } from './batch-folder.ts';
import type { CompleteBatchOptions } from './batch-options.ts';
import { bringLarge } from './large-entry.ts';
import type { LocalShards } from './list/shard-store.ts';
import { localShards } from './list/shard-store.ts';
import type { BatchDrain } from './run/batch-drain.ts';

export interface LocalBatchPorts extends BatchPorts {
  readonly shards: LocalShards;
  /**
   * Finds what would fail for every entry. @throws PieceworkError with a `Destination…` code.
   * @param sizeBytes is there to be room for as well; where a destination has that (`occupiedBytes`)
   */
  checkDestination(signal: AbortSignal, sizeBytes?: number): Promise<void>;
  /** False where that can't be known at less cost than by asking for each name. */
  isPlaceEmpty(signal: AbortSignal): Promise<boolean>;
}

/** Connections of one entry that is a transfer of its own. */
export const LARGE_PARALLELISM = 8;

export function localBatchPorts(
  home: Home,
  of: {
    readonly request: Pick<BatchRequest, 'object'>;
    readonly options: CompleteBatchOptions;
    readonly folder: BatchFolder;
    readonly share: BatchShare;
    /** Known once the list is read: it may be that of an earlier run. */
    batchId(): string;
    /** Where its secrets are. @default in these ports */
    readonly shards?: LocalShards;
    /** What is under way may be asked to come to its end. @default it is not */
    readonly drain?: BatchDrain;
  },
): LocalBatchPorts {
  const { request, options, folder, share, shards = localShards(home.records), drain } = of;
  const { object = {} } = request;
  const kind = home.destinations.kind(folder.kind);
  const inAll = runningPlaces(options.parallelism);
  return {
    records: home.records,
    sources: home.sources,
    clock: home.clock,
    ids: home.ids,
    policy: localSizing({ kind, parallelism: options.parallelism, backoff: BACKOFF }).policy,
    shards,
    destination: share.destination,
    locate: folder.locate,
    makeRoom: folder.makeRoom,
    buffers: drain?.counted(share.buffers) ?? share.buffers,
    async connect(host, signal) {
      await drain?.untilStopped(signal);
      const held: Disposable[] = [];
      const letGo = () => {
        for (const one of held.splice(0).reverse()) one[Symbol.dispose]();
      };
      try {
        held.push(await inAll.take(signal));
        held.push(await share.connect(host, options.perHost, signal));
        // It waited: meanwhile nothing may be to begin any more.
        await drain?.untilStopped(signal);
        if (drain !== undefined) held.push(drain.begun());
        return { [Symbol.dispose]: letGo };
      } catch (error) {
        letGo();
        throw error;
      }
    },
    placesOf: (host) => share.placesOf(host, options.perHost),
    bringLarge(entry, settings, signal, twin) {
      const { ifExists, strict, perHost } = options;
      folder.makeRoom(entry.name);
      const to = {
        batchId: of.batchId(),
        destination: `${folder.text}${entry.name}`,
        twin: twin === undefined ? undefined : folder.fileUrl(twin),
        object: settings,
        options: {
          ...options.large,
          ifExists,
          parallelism: Math.min(perHost, LARGE_PARALLELISM),
          ...stated({ strict: strict || undefined }),
        },
      };
      return bringLarge(home, entry, to, signal, drain);
    },
    async checkDestination(signal, sizeBytes) {
      const { destination } = share;
      const target = folder.locate('piecework-report');
      const room = destination.occupiedBytes === undefined ? undefined : sizeBytes;
      const report = { target, token: 'batch', validator: { kind: 'none' }, settings: object } as const;
      await destination.check({ ...report, ...stated({ sizeBytes: room }) }, { signal });
    },
    isPlaceEmpty: async (signal) => (await share.destination.isEmptyBelow?.(folder.locate(''), { signal })) ?? false,
  };
}
