import type { Ports } from '../shared/ports.ts';
import type { RecordCache } from './record-cache.ts';
import { recordCache } from './record-cache.ts';
import { Siblings } from './siblings.ts';

/** What a fetcher keeps from one piece to the next. All of it is a hint, and ends with the process. */
export interface FetcherMemory {
  readonly cache: RecordCache;
  /** `undefined` = nothing is rescued here. */
  siblings(planId: string, pieceSizeBytes: number): Siblings | undefined;
}

/** Plans at a time; the one that was asked for longest ago is forgotten. */
const PLANS = 32;

export function fetcherMemory(ports: Pick<Ports, 'records' | 'clock' | 'policy'>): FetcherMemory {
  const rule = ports.policy.stragglers;
  const plans = new Map<string, Siblings>();
  return {
    cache: recordCache(ports),
    siblings(planId, pieceSizeBytes) {
      if (rule === undefined) return undefined;
      const known = plans.get(planId) ?? new Siblings(rule, pieceSizeBytes);
      plans.delete(planId);
      plans.set(planId, known);
      const [oldest] = plans.keys();
      if (plans.size > PLANS && oldest !== undefined) plans.delete(oldest);
      return known;
    },
  };
}
