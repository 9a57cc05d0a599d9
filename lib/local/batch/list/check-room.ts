import { asPieceworkError } from '../../../errors/error.ts';
import type { MadeShards } from '../../../pipeline/batch/make-shards.ts';
import { isEntry } from '../../../transfer/batch/entry.ts';
import type { LocalBatchPorts } from '../batch-ports.ts';

/**
 * Whether there is room for all that the list states of sizes, before anything is asked for.
 * @throws PieceworkError `DestinationFull`
 */
export async function checkRoom(
  ports: LocalBatchPorts,
  batchId: string,
  { listedBytes, shards }: MadeShards,
  signal: AbortSignal,
): Promise<void> {
  const { destination } = ports;
  if (destination.occupiedBytes === undefined || listedBytes === 0) return;
  try {
    return await ports.checkDestination(signal, listedBytes);
  } catch (error) {
    if (asPieceworkError(error).code !== 'DestinationFull') throw error;
  }
  // Looked at only now: most of it may be there already.
  let neededBytes = 0;
  for (const { number } of shards) {
    for (const listed of (await ports.shards.get(batchId, number)) ?? []) {
      if (!isEntry(listed) || listed.expect.sizeBytes === undefined) continue;
      const occupied = await destination.occupiedBytes(ports.locate(listed.name), { signal }).catch(() => 0);
      neededBytes += Math.max(0, listed.expect.sizeBytes - occupied);
    }
  }
  await ports.checkDestination(signal, neededBytes);
}
