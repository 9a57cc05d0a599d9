import { openLoad, piecesOf } from '../../transfer/loads/loads.ts';
import type { PieceResult, PieceTask } from '../../transfer/messages.ts';
import { pieceSet } from '../../transfer/plan/piece-set.ts';
import type { Ports } from '../shared/ports.ts';
import { fetchPiece } from './fetch-piece.ts';
import type { FetcherMemory } from './fetcher-memory.ts';
import { reportPieces } from './report-pieces.ts';

/** What a worker keeps back of its time: it does not begin what would hardly be there before. */
const MARGIN_MS = 5_000;
/** A piece may take this much longer than the longest one before it. */
const LONGER = 1.25;
/** What is done is kept for the others of the load for so long: should the worker die, it is fetched again. */
const KEPT_MS = 15_000;

/**
 * Brings the pieces of a task: one, or a load of them, over as many connections as it says, one piece after another on
 * each. At the first failure, and where the time would not do for another one, no further piece is begun: what is left
 * is reported with the piece that is at its end, and is sent again by who decides (ADR 39). Of pieces that are done no
 * place becomes free before the load is at its end, so they are reported together.
 *
 * Throws as `fetchPiece` does, when all that was begun is at its end: the whole task comes again, and what was reported
 * of it is known by the record.
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
  const { clock } = ports;
  // Once, and not for each connection.
  const known = await memory.cache.get(task.transferId);
  if (openLoad(known?.loads, load.number) === undefined) await memory.cache.reload(task.transferId);
  const queue = [...piecesOf(task)];
  const kept: PieceResult[] = [];
  let longestMs = 0;
  let reportedAt = clock.now();

  const reportKept = async () => {
    reportedAt = clock.now();
    const some = kept.splice(0);
    try {
      await reportPieces(ports, some);
    } catch (error) {
      // They go with the next report, where there is one.
      kept.unshift(...some);
      throw error;
    }
  };

  const report = async (result: PieceResult) => {
    longestMs = Math.max(longestMs, result.elapsedMs);
    const isDone = result.outcome === 'done';
    const isTimeFor = clock.now() + LONGER * longestMs < cutOffAt - MARGIN_MS;
    const left = isDone && isTimeFor ? [] : queue.splice(0);
    kept.push({ ...result, ofLoad: load.number, ...(left.length > 0 ? { left: pieceSet(0, left) } : {}) });
    if (!isDone || clock.now() >= reportedAt + KEPT_MS) await reportKept();
  };

  const connection = async () => {
    for (let pieceNumber = queue.shift(); pieceNumber !== undefined; pieceNumber = queue.shift()) {
      try {
        await fetchPiece(ports, memory, { ...task, pieceNumber }, signal, { report });
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: load.connections }, connection));
  await reportKept();
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
