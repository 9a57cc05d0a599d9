import type { FleetMemory } from '../../pipeline/batch/deployed/work/fleet-memory.ts';
import { workOnShard } from '../../pipeline/batch/deployed/work/work-on-shard.ts';
import { fetchPiece } from '../../pipeline/fetch/fetch-piece.ts';
import type { FetcherMemory } from '../../pipeline/fetch/fetcher-memory.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { PieceTask, ShardTask } from '../../transfer/messages.ts';

/** What a fetcher does with one message. */
export async function onFetcherMessage(
  ports: Ports,
  memory: { readonly pieces: FetcherMemory; readonly shards: FleetMemory },
  task: PieceTask | ShardTask,
  signal: AbortSignal,
): Promise<void> {
  if (task.kind === 'shard') await workOnShard(ports, memory.shards, task, signal);
  else await fetchPiece(ports, memory.pieces, task, signal);
}
