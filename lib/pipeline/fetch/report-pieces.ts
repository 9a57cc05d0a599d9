import type { PieceResult } from '../../transfer/messages.ts';
import { briefUsage } from '../../transfer/record/used.ts';
import type { Ports } from '../shared/ports.ts';
import { sayingUsage } from '../shared/used-so-far.ts';

/** A queue takes so many messages in one request. */
const BATCH = 10;

/** Tells the finalizer what became of pieces. The last result says what the worker has used so far. */
export async function reportPieces(
  ports: Pick<Ports, 'queues' | 'usage'>,
  results: readonly PieceResult[],
): Promise<void> {
  if (results.length === 0) return;
  const queueRequests = Math.ceil(results.length / BATCH);
  await sayingUsage(ports, { queueRequests }, (used) => {
    const last = results.length - 1;
    const bodies = results.map((result, index) =>
      used === undefined || index < last ? result : { ...result, used: briefUsage(used) },
    );
    return ports.queues.finalizer.send(bodies.map((body) => ({ body })));
  });
}
