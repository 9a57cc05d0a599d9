import type { DestinationKind, PreferredSizes } from '../../destinations/kind.ts';
import type { Policy } from '../../pipeline/shared/ports.ts';
import type { BackoffPolicy } from '../../transfer/retry.ts';
import { BACKOFF } from '../../transfer/retry.ts';

const MIB = 1024 ** 2;
const HOUR_MS = 3_600_000;

/** Body memory of one running transfer at most; it bounds the windows, whatever the piece size and the object's. */
const BODY_MEMORY_BYTES = 96 * MIB;

export interface Sizing {
  readonly windowBytes: number;
  readonly windowCount: number;
  readonly policy: Policy;
}

export interface SizingWishes {
  readonly kind: Pick<DestinationKind, 'sizing'>;
  readonly parallelism: number;
  /** Asked for by the caller. */
  readonly pieceSizeBytes?: number;
  /** @default BACKOFF */
  readonly backoff?: BackoffPolicy;
}

/** Windows and preferences of one machine: what suits the destination, within what the machine can spare. */
export function localSizing({ kind, parallelism, pieceSizeBytes = 0, backoff = BACKOFF }: SizingWishes): Sizing {
  const affordableBytes = Math.max(MIB, Math.floor(BODY_MEMORY_BYTES / parallelism / MIB) * MIB);
  return sizing(parallelism, backoff, kind.sizing({ parallelism, affordableBytes, pieceSizeBytes }));
}

function sizing(parallelism: number, backoff: BackoffPolicy, wish: PreferredSizes): Sizing {
  // Two places for each worker: the next piece is at hand while the last one is being reported. Where pieces must arrive in
  // order, one: a worker that waits for its turn must never keep the piece that it waits for from being fetched.
  const placesPerWorker = wish.placesPerWorker ?? 2;
  return {
    windowBytes: wish.windowBytes,
    windowCount: parallelism,
    policy: {
      plan: {
        singleMaxBytes: wish.windowBytes,
        preferredPieceBytes: wish.preferredPieceBytes,
        granuleBytes: wish.granuleBytes,
        streamPieceBytes: wish.streamPieceBytes ?? wish.windowBytes * parallelism,
        pieceTimeMs: 60_000,
      },
      // The queue is in this process: what it holds is not lost, and what is lost with the process is repaired at the next start.
      decide: { quietMs: 7 * 24 * HOUR_MS, quietCapMs: 7 * 24 * HOUR_MS, backoff },
      recordCacheMs: 1_000,
      // Nothing of ours is under way any more when this process cleans up: it holds the transfer's lock.
      graceMs: 0,
      orphanAgeMs: HOUR_MS,
      deadCreateMs: wish.deadCreateMs ?? 0,
      plannerLifeMs: HOUR_MS,
      places: (wanted) => wanted * placesPerWorker,
    },
  };
}
