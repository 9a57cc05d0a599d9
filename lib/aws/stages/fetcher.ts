import type { FleetMemory } from '../../pipeline/batch/deployed/work/fleet-memory.ts';
import { workOnShard } from '../../pipeline/batch/deployed/work/work-on-shard.ts';
import { fetchLoad } from '../../pipeline/fetch/fetch-load.ts';
import type { FetcherMemory } from '../../pipeline/fetch/fetcher-memory.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { PieceTask, ShardTask } from '../../transfer/messages.ts';
import type { Instant } from '../../values/time.ts';

/** What a fetcher does with one message. @param cutOffAt when its function is cut off */
export async function onFetcherMessage(
  ports: Ports,
  memory: { readonly pieces: FetcherMemory; readonly shards: FleetMemory },
  task: PieceTask | ShardTask,
  signal: AbortSignal,
  cutOffAt?: Instant,
): Promise<void> {
  if (task.kind === 'shard') await workOnShard(ports, memory.shards, task, signal, cutOffAt);
  else await fetchLoad(ports, memory.pieces, task, signal, cutOffAt);
}
