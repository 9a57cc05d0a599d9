import { PieceworkError } from '../../errors/error.ts';
import { formatBytes } from '../../values/units.ts';
import type { Limits } from './limits.ts';
import type { Plan } from './plan.ts';

/** What the home prefers; limits of the destination always win. */
export interface PlanPolicy {
  /** Up to this size an object is stored with a single put. */
  readonly singleMaxBytes: number;
  /** Piece size where nothing speaks against it. */
  readonly preferredPieceBytes: number;
  /** Piece sizes are multiples of this. */
  readonly granuleBytes: number;
  /** Part size of a stream of unknown length: what one worker can hold. */
  readonly streamPieceBytes: number;
  /** A piece should not take a worker longer than this. */
  readonly pieceTimeMs: number;
}

export interface PlanInput {
  readonly sizeBytes: number | undefined;
  readonly ranges: boolean;
  readonly limits: Limits;
  readonly parallelism: number;
  /** Asked for by the caller. */
  readonly pieceSizeBytes?: number;
  /** Speed of one connection where it is known, else no bound by time. */
  readonly bytesPerSecond?: number;
  /** The destination's store can copy the source by itself. `always`: also what a single put could bring. */
  readonly serverSideCopy?: { readonly preferredPieceBytes: number; readonly always: boolean };
  readonly policy: PlanPolicy;
}

/**
 * The pure division of a source's bytes into pieces.
 * @throws PieceworkError `DestinationTooSmall` when the destination can't hold the object, `PieceSizeOutOfLimits` when
 * the asked piece size does not fit it.
 */
export function dividePieces(input: PlanInput): Plan {
  const { sizeBytes, limits, policy, serverSideCopy } = input;
  if (sizeBytes !== undefined && sizeBytes > limits.maxObjectBytes) {
    throw new PieceworkError(
      'DestinationTooSmall',
      `the source has ${formatBytes(sizeBytes)}, and this destination holds at most ${formatBytes(limits.maxObjectBytes)} in one object; choose another destination`,
    );
  }
  if (input.pieceSizeBytes !== undefined) checkPieceSize(input.pieceSizeBytes, sizeBytes, limits);
  if (
    sizeBytes !== undefined &&
    sizeBytes <= (serverSideCopy?.always === true ? 0 : policy.singleMaxBytes) &&
    (input.pieceSizeBytes ?? sizeBytes) >= sizeBytes
  ) {
    return { mode: 'single', sizeBytes };
  }
  if (sizeBytes === undefined) {
    return {
      mode: 'stream',
      pieceSizeBytes: clamp(
        input.pieceSizeBytes ?? policy.streamPieceBytes,
        limits.minPieceBytes,
        limits.maxPieceBytes,
      ),
    };
  }
  if (!input.ranges) {
    const least = Math.max(limits.minPieceBytes, Math.ceil(sizeBytes / limits.maxPieces));
    const pieceSizeBytes = clamp(
      input.pieceSizeBytes ?? policy.streamPieceBytes,
      Math.min(roundUp(least, policy.granuleBytes), limits.maxPieceBytes),
      limits.maxPieceBytes,
    );
    return { mode: 'stream', sizeBytes, pieceSizeBytes };
  }
  const pieceSizeBytes = input.pieceSizeBytes ?? choosePieceSize(sizeBytes, input);
  const pieceCount = Math.max(1, Math.ceil(sizeBytes / pieceSizeBytes));
  const plan = { mode: 'pieces', sizeBytes, pieceSizeBytes, pieceCount } as const;
  return serverSideCopy === undefined ? plan : { ...plan, serverSideCopy: true };
}

/**
 * Few enough pieces to be cheap and within the limits, enough to keep every worker busy,
 * short enough for a slow source.
 */
function choosePieceSize(sizeBytes: number, input: PlanInput): number {
  const { limits, parallelism, policy, bytesPerSecond } = input;
  const { preferredPieceBytes } = input.serverSideCopy ?? policy;
  const least = Math.max(limits.minPieceBytes, Math.ceil(sizeBytes / limits.maxPieces));
  const forEveryWorker = Math.ceil(sizeBytes / (parallelism * 2));
  const inTime =
    bytesPerSecond === undefined ? Number.POSITIVE_INFINITY : Math.floor((bytesPerSecond * policy.pieceTimeMs) / 1000);
  const wanted = Math.min(preferredPieceBytes, forEveryWorker, inTime);
  const granule = wanted >= policy.granuleBytes || least >= policy.granuleBytes ? policy.granuleBytes : 1;
  // What a slow source brings in time is an upper bound, all else is a lower one.
  const rounded =
    wanted === inTime && inTime > least
      ? Math.max(least, inTime - (inTime % granule))
      : roundUp(Math.max(wanted, least, 1), granule);
  return Math.min(rounded, limits.maxPieceBytes);
}

/**
 * Holds a piece size that was asked for against the destination, before anything is made.
 * @param sizeBytes of the source, where it is known: what is one piece may be smaller.
 * @throws PieceworkError `PieceSizeOutOfLimits`.
 */
export function checkPieceSize(pieceSizeBytes: number, sizeBytes: number | undefined, limits: Limits): void {
  const least = Math.max(sizeBytes !== undefined && sizeBytes <= pieceSizeBytes ? 1 : limits.minPieceBytes, 1);
  if (pieceSizeBytes < least || pieceSizeBytes > limits.maxPieceBytes) {
    throw new PieceworkError(
      'PieceSizeOutOfLimits',
      `a piece size of ${formatBytes(pieceSizeBytes)} (${pieceSizeBytes} bytes) does not fit this destination: it takes ${formatBytes(limits.minPieceBytes)} to ${formatBytes(limits.maxPieceBytes)}`,
    );
  }
  if (sizeBytes !== undefined && Math.ceil(sizeBytes / pieceSizeBytes) > limits.maxPieces) {
    throw new PieceworkError(
      'PieceSizeOutOfLimits',
      `with pieces of ${formatBytes(pieceSizeBytes)} the source's ${formatBytes(sizeBytes)} need ${Math.ceil(sizeBytes / pieceSizeBytes)} of them, and this destination takes at most ${limits.maxPieces}; ` +
        `give a piece size of at least ${formatBytes(Math.ceil(sizeBytes / limits.maxPieces))}`,
    );
  }
}

function roundUp(value: number, granule: number): number {
  return Math.ceil(value / granule) * granule;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
