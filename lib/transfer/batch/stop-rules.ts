import type { Counters } from './outcome.ts';
import { total } from './outcome.ts';

/** When a batch gives up before its end. */
export interface StopRules {
  /** Failed entries that are borne. @default any number */
  readonly maxFailures?: FailureLimit;
  /** From its start, or from the start of the run that goes on with it. @default no end */
  readonly maxDurationMs?: number;
}

export type FailureLimit = { readonly entries: number } | { readonly percent: number };

/** A share says nothing before so many have an outcome. */
const LEAST_SAMPLE = 100;

/** Whether more have failed than are borne. */
export function hasTooManyFailures(counters: Counters, limit: FailureLimit | undefined): boolean {
  if (limit === undefined) return false;
  if ('entries' in limit) return counters.failed > limit.entries;
  const sample = Math.max(LEAST_SAMPLE, total(counters));
  return counters.failed * 100 > limit.percent * sample;
}
