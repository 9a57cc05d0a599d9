import type { Policy } from '../../pipeline/shared/ports.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { S3_LIMITS } from '../../transfer/plan/limits.ts';
import type { BackoffPolicy } from '../../transfer/retry.ts';
import { BACKOFF } from '../../transfer/retry.ts';

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Body memory of one running transfer at most; it bounds the windows, whatever the piece size and the object's. */
const BODY_MEMORY_BYTES = 96 * MIB;

export interface Sizing {
  readonly windowBytes: number;
  readonly windowCount: number;
  readonly policy: Policy;
}

export interface SizingWishes {
  readonly kind: DestinationLocator['kind'];
  readonly parallelism: number;
  /** Asked for by the caller. */
  readonly pieceSizeBytes?: number;
  /** @default BACKOFF */
  readonly backoff?: BackoffPolicy;
}

/**
 * Windows and preferences of one machine. A part for S3 that fits a window can be sent again without asking the source,
 * so there pieces and windows are the same; a file takes small windows at once, so its pieces can be larger.
 */
export function localSizing({ kind, parallelism, pieceSizeBytes = 0, backoff = BACKOFF }: SizingWishes): Sizing {
  const affordable = Math.max(MIB, Math.floor(BODY_MEMORY_BYTES / parallelism / MIB) * MIB);
  switch (kind) {
    case 's3': {
      const whole = Math.min(8 * MIB, affordable);
      return sizing(parallelism, backoff, {
        // A piece that passes through its window bit by bit gains nothing from a large one, and is copied once more on its way.
        windowBytes: pieceSizeBytes > whole ? Math.min(4 * MIB, whole) : whole,
        preferredPieceBytes: whole >= S3_LIMITS.minPieceBytes ? whole : 8 * MIB,
        granuleBytes: MIB,
        // The system goes on sending what a process had given it before it was killed.
        deadCreateMs: MINUTE_MS,
      });
    }
    case 'file':
      return sizing(parallelism, backoff, { windowBytes: MIB, preferredPieceBytes: 16 * MIB, granuleBytes: MIB });
    case 'stdout': {
      const windowBytes = Math.min(4 * MIB, affordable);
      // Small parts where the length is unknown: whoever reads the pipe wants the bytes as they come.
      const streamPieceBytes = 256 * 1024;
      return sizing(parallelism, backoff, {
        windowBytes,
        preferredPieceBytes: windowBytes,
        granuleBytes: 64 * 1024,
        streamPieceBytes,
        placesPerWorker: 1,
      });
    }
  }
}

interface Preferences {
  readonly windowBytes: number;
  readonly preferredPieceBytes: number;
  readonly granuleBytes: number;
  readonly streamPieceBytes?: number;
  readonly placesPerWorker?: number;
  readonly deadCreateMs?: number;
}

function sizing(parallelism: number, backoff: BackoffPolicy, wish: Preferences): Sizing {
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
