import type { Policy } from '../../lib/pipeline/shared/ports.ts';
import { STRAGGLERS } from '../../lib/transfer/straggler.ts';
import type { Scenario } from './scenario.ts';
import { MINUTE_MS, SECOND_MS, TIMES } from './times.ts';

export function policyOf(scenario: Scenario, elapsedMs: () => number): Policy {
  const graceMs = TIMES.recordCacheMs + TIMES.plannerTimeoutMs + 5 * MINUTE_MS;
  return {
    plan: {
      singleMaxBytes: scenario.singleMaxBytes,
      preferredPieceBytes: 8,
      granuleBytes: 2,
      streamPieceBytes: Math.min(10, scenario.windows.bytes * scenario.windows.count),
      pieceTimeMs: TIMES.fetcherTimeoutMs,
    },
    decide: {
      quietMs: 2 * TIMES.fetcherTimeoutMs,
      quietCapMs: 15 * MINUTE_MS,
      backoff: { baseMs: 500, capMs: 30 * SECOND_MS },
      ...(scenario.loads === undefined ? {} : { loads: scenario.loads }),
    },
    pieceLifeMs: 0.9 * TIMES.fetcherTimeoutMs,
    recordCacheMs: TIMES.recordCacheMs,
    stragglers: STRAGGLERS,
    graceMs,
    proofPatienceMs: 30 * MINUTE_MS,
    deadCreateMs: graceMs,
    deadSubmitMs: graceMs,
    orphanAgeMs: 60 * MINUTE_MS,
    plannerLifeMs: TIMES.plannerTimeoutMs,
    endsByMarker: !scenario.hasRights,
    ...(scenario.hostCeiling === undefined ? {} : { hostCeiling: scenario.hostCeiling }),
    places: (parallelism) =>
      Math.min(parallelism, elapsedMs() < scenario.places.changeMs ? scenario.places.first : scenario.places.second),
  };
}
