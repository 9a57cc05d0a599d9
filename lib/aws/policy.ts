import type { Policy } from '../pipeline/shared/ports.ts';
import { loadsOf, pieceLifeMs } from '../transfer/cost/workers.ts';
import type { PlanPolicy } from '../transfer/plan/divide-pieces.ts';
import { BACKOFF } from '../transfer/retry.ts';
import { STRAGGLERS } from '../transfer/straggler.ts';
import { stated } from '../values/stated.ts';
import type { Environment } from './environment.ts';
import {
  API_TIMEOUT_SECONDS,
  FETCHER_CONNECTIONS,
  MARGIN_MS,
  RECORD_CACHE_MS,
  USUAL_WORKERS,
  WINDOW_BYTES,
  WINDOW_COUNT,
} from './names.ts';

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** For the part that is on its way when the time is up, and for the record. */
const STREAM_MARGIN_MS = 10_000 + MARGIN_MS;

/** How a deployment divides sources. @param pieceTimeoutMs of its fetchers */
export function awsPlanPolicy(pieceTimeoutMs: number): PlanPolicy {
  return {
    singleMaxBytes: WINDOW_BYTES,
    preferredPieceBytes: WINDOW_BYTES,
    granuleBytes: MIB,
    // Small, so that a slow stream shows signs of life to the tick; what a planner brings in its life
    // has fewer than 10,000 of them.
    streamPieceBytes: WINDOW_BYTES,
    pieceTimeMs: pieceTimeoutMs / 2,
  };
}

/**
 * Body memory of a function. A fetcher has a window for each connection, a quarter of its memory together: up to 16 MiB
 * each, which hold a default piece.
 */
export function windowsOf({ stage, memoryMiB }: Pick<Environment, 'stage' | 'memoryMiB'>) {
  if (stage !== 'fetcher') return { windowBytes: WINDOW_BYTES, count: WINDOW_COUNT };
  const count = FETCHER_CONNECTIONS.most;
  const most = memoryMiB === 0 ? WINDOW_BYTES : Math.floor(memoryMiB / 4 / count) * MIB;
  return { windowBytes: Math.min(WINDOW_BYTES, Math.max(MIB, most)), count };
}

/** Numbers of this home, from the protocol's rules and the time-outs that the construct gave the functions. */
export function awsPolicy(environment: Environment): Policy {
  const { stage, planTimeoutMs, pieceTimeoutMs, lateMs, hostConnections, quotas } = environment;
  const longestTimeoutMs = Math.max(planTimeoutMs, pieceTimeoutMs);
  const graceMs = RECORD_CACHE_MS + longestTimeoutMs + lateMs;
  return {
    plan: awsPlanPolicy(pieceTimeoutMs),
    decide: {
      quietMs: Math.max(2 * MINUTE_MS, 2 * pieceTimeoutMs),
      quietCapMs: 15 * MINUTE_MS,
      backoff: BACKOFF,
      maxWaitMs: HOUR_MS,
      loads: loadsOf({ ...USUAL_WORKERS, pieceTimeoutSeconds: pieceTimeoutMs / 1000 }),
    },
    recordCacheMs: RECORD_CACHE_MS,
    graceMs,
    proofPatienceMs: 30 * MINUTE_MS,
    orphanAgeMs: HOUR_MS,
    // The same of the API's function, which submits and retries.
    deadSubmitMs: RECORD_CACHE_MS + Math.max(longestTimeoutMs, API_TIMEOUT_SECONDS * 1000) + lateMs,
    // No function outlives its time-out, and what it had sent has arrived by then.
    deadCreateMs: graceMs,
    plannerLifeMs: planTimeoutMs,
    streamLifeMs: Math.max(1, planTimeoutMs - STREAM_MARGIN_MS),
    pieceLifeMs: pieceLifeMs(pieceTimeoutMs),
    places: (wanted) => wanted,
    keepsSealed: true,
    isTicked: true,
    endsByMarker: true,
    listsNotCompleted: true,
    // Only the finalizer has the rights to clean up.
    settlesElsewhere: stage !== 'finalizer',
    hostCeiling: hostConnections,
    stragglers: STRAGGLERS,
    ...stated({ quotas }),
  };
}
