import type { DestinationKind } from '../../destinations/kind.ts';
import type { Policy } from '../../pipeline/shared/ports.ts';
import type { BackoffPolicy } from '../../transfer/retry.ts';
import { BACKOFF } from '../../transfer/retry.ts';
import { BODY_MEMORY_BYTES } from './body-memory.ts';

const MIB = 1024 ** 2;
const HOUR_MS = 3_600_000;

/** A person may be sitting before it. */
const MAX_WAIT_MS = 15 * 60_000;

/**
 * What a stream has in memory where other transfers run beside it, unless larger pieces were asked
 * for. Alone it has all its windows.
 */
const SHARED_STREAM_BYTES = 8 * MIB;

export interface Sizing {
  readonly windowBytes: number;
  /** One for each connection at least; with more, where there is memory for them, others are put meanwhile. */
  readonly windowCount: number;
  /** What a stream, which has one worker, takes in one piece. */
  readonly streamWindows: number;
  readonly policy: Policy;
}

export interface RunSize {
  readonly kind: Pick<DestinationKind, 'sizing'>;
  readonly parallelism: number;
  /** Asked for by the caller. */
  readonly pieceSizeBytes?: number;
  /** Other transfers run beside it, or are about to. @default false */
  readonly isShared?: boolean;
  /** @default BACKOFF */
  readonly backoff?: BackoffPolicy;
}

/** Windows and preferences of one transfer: what suits its destination, within what the machine can spare. */
export function localSizing(size: RunSize): Sizing {
  const { kind, parallelism, pieceSizeBytes = 0, isShared = false, backoff = BACKOFF } = size;
  const affordableBytes = Math.max(MIB, Math.floor(BODY_MEMORY_BYTES / parallelism / MIB) * MIB);
  const preferred = kind.sizing({ parallelism, affordableBytes, pieceSizeBytes });
  // Two places for each worker: the next piece is at hand while the last one is being put or reported. Where
  // pieces must arrive in order, one: a worker that waits for its turn must never keep the piece that
  // it waits for from being fetched.
  const { windowBytes, placesPerWorker = 2 } = preferred;
  const sharedStreamWindows = Math.ceil(Math.max(SHARED_STREAM_BYTES, pieceSizeBytes) / windowBytes);
  const streamWindows = isShared ? Math.min(parallelism, sharedStreamWindows) : parallelism;
  return {
    windowBytes,
    windowCount: parallelism,
    streamWindows,
    policy: {
      plan: {
        singleMaxBytes: windowBytes,
        preferredPieceBytes: preferred.preferredPieceBytes,
        granuleBytes: preferred.granuleBytes,
        streamPieceBytes: preferred.streamPieceBytes ?? windowBytes * streamWindows,
        pieceTimeMs: 60_000,
      },
      // The queue is in this process: what it holds is not lost, and what is lost with the process
      // is repaired at the next start.
      decide: { quietMs: 7 * 24 * HOUR_MS, quietCapMs: 7 * 24 * HOUR_MS, backoff, maxWaitMs: MAX_WAIT_MS },
      recordCacheMs: 1_000,
      // Nothing of ours is under way any more when this process cleans up: it holds the transfer's lock.
      graceMs: 0,
      proofPatienceMs: 600_000,
      orphanAgeMs: HOUR_MS,
      deadCreateMs: preferred.deadCreateMs ?? 0,
      plannerLifeMs: HOUR_MS,
      places: (wanted) => wanted * placesPerWorker,
      countsConnections: preferred.putsBeside ?? false,
    },
  };
}
