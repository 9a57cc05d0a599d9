import type { Plan } from '../plan/plan.ts';
import type { Cost, CostSettings } from './cost.ts';
import { costOf } from './cost.ts';
import { expectedSeconds, expectedUsage, USUAL_BYTES_PER_SECOND } from './expected-usage.ts';
import type { Usage } from './usage.ts';
import { shownUsage } from './usage.ts';
import type { Workers } from './workers.ts';

/** What a plan is expected to cost on a deployment, and what that was reckoned with. */
export interface PlanCost {
  readonly cost: Cost;
  readonly usage: Usage;
  /** Pieces in flight. */
  readonly places: number;
  /** Of one connection to the source. */
  readonly bytesPerSecond: number;
  /** How long it takes; absent = the size is not known, and all of this leaves the bytes out. */
  readonly seconds?: number;
}

/** What is known besides the plan. */
export interface PlanCostInput extends Omit<CostSettings, 'architecture'> {
  readonly workers: Workers;
  /** That was asked for. */
  readonly parallelism: number;
  /** Of one connection to the source, where it was measured or learned. @default 8 MiB */
  readonly bytesPerSecond?: number;
}

/** The dollars of a plan, before anything is moved: also for an answer that only looks (a dry run). */
export function planCost(plan: Plan, input: PlanCostInput): PlanCost {
  const { workers, parallelism, bytesPerSecond = USUAL_BYTES_PER_SECOND, ...settings } = input;
  const { hostConnections, maxFetchers, piecesPerFetcher, architecture } = workers;
  const most = Math.min(parallelism, hostConnections, maxFetchers * piecesPerFetcher);
  const places = plan.mode === 'pieces' ? Math.min(most, plan.pieceCount) : 1;
  const conditions = { workers, places, bytesPerSecond };
  const usage = shownUsage(expectedUsage(plan, conditions));
  return {
    cost: costOf(usage, { ...settings, architecture }),
    usage,
    places,
    bytesPerSecond,
    ...(plan.sizeBytes === undefined ? {} : { seconds: expectedSeconds(plan, conditions) }),
  };
}
