import type { PieceTask } from '../../transfer/messages.ts';
import { pieceSet, piecesIn } from '../../transfer/plan/piece-set.ts';

import type { Ports } from '../shared/ports.ts';
import { fetchPiece } from './fetch-piece.ts';
import type { FetcherMemory } from './fetcher-memory.ts';

/** What a worker keeps back of its time: it does not begin what would hardly be there before. */
const MARGIN_MS = 5_000;
/** A piece may take this much longer than the longest one before it. */
const LONGER = 1.25;

/**
 * Brings the pieces of a task: one, or a load of them, over as many connections as it says, one piece after another on
 * each. At the first failure, and where the time would not do for another one, no further piece is begun: what is left
 * is reported with the piece that is at its end, and is sent again by who decides (ADR 39).
 *
 * Throws as `fetchPiece` does, when all that was begun is at its end: the whole task comes again, and what is done of it
 * is known by the record.
 * @param cutOffAt when the worker is cut off. @default it is not
 */
export async function fetchLoad(
  ports: Ports,
  memory: FetcherMemory,
  task: PieceTask,
  signal: AbortSignal,
  cutOffAt = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { load } = task;
  if (load === undefined) return await fetchPiece(ports, memory, task, signal);
  const queue = [task.pieceNumber, ...piecesIn(load.others)];
  let longestMs = 0;

  /** What is reported with a piece. */
  const ofLoad = (outcome: 'done' | 'failed', tookMs: number) => {
    longestMs = Math.max(longestMs, tookMs);
    const isTimeFor = ports.clock.now() + LONGER * longestMs < cutOffAt - MARGIN_MS;
    const left = outcome === 'done' && isTimeFor ? [] : queue.splice(0);
    return { ofLoad: load.number, ...(left.length > 0 ? { left: pieceSet(0, left) } : {}) };
  };

  const lane = async () => {
    for (let pieceNumber = queue.shift(); pieceNumber !== undefined; pieceNumber = queue.shift()) {
      try {
        await fetchPiece(ports, memory, { ...task, pieceNumber }, signal, { ofLoad });
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: load.connections }, lane));
  const failed = lanes.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
