import type { Policy } from '../pipeline/ports.ts';
import { BACKOFF } from '../transfer/retry.ts';
import type { Environment } from './environment.ts';
import { RECORD_CACHE_MS, WINDOW_BYTES, WINDOW_COUNT } from './names.ts';

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Numbers of this home, from the protocol's rules and the time-outs that the construct gave the functions. */
export function awsPolicy({ stage, planTimeoutMs, pieceTimeoutMs, lateMs, hostConnections }: Environment): Policy {
  const longestTimeoutMs = Math.max(planTimeoutMs, pieceTimeoutMs);
  return {
    plan: {
      singleMaxBytes: WINDOW_BYTES,
      preferredPieceBytes: WINDOW_BYTES,
      granuleBytes: MIB,
      // A planner cuts a stream into parts of all that its windows hold.
      streamPieceBytes: WINDOW_BYTES * WINDOW_COUNT,
      pieceTimeMs: pieceTimeoutMs / 2,
    },
    decide: { quietMs: Math.max(2 * MINUTE_MS, 2 * pieceTimeoutMs), quietCapMs: 15 * MINUTE_MS, backoff: BACKOFF },
    recordCacheMs: RECORD_CACHE_MS,
    graceMs: RECORD_CACHE_MS + longestTimeoutMs + lateMs,
    orphanAgeMs: HOUR_MS,
    plannerLifeMs: planTimeoutMs,
    places: (wanted) => wanted,
    keepsSealed: true,
    // Only the finalizer has the rights to clean up.
    settlesElsewhere: stage !== 'finalizer',
    hostCeiling: hostConnections,
  };
}
