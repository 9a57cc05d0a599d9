import type { Counters, FailureGroup, Outcome, ShardOutcomes } from './outcome.ts';
import { counted, grouped, NO_OUTCOMES, withGroup } from './outcome.ts';

/** What outcomes come to: how many of each kind, and the failures by their cause. */
export interface Sums {
  readonly counters: Counters;
  readonly failures: readonly FailureGroup[];
}

export const NO_SUMS: Sums = { counters: NO_OUTCOMES, failures: [] };

export function withOutcome({ counters, failures }: Sums, outcome: Outcome): Sums {
  return { counters: counted(counters, outcome), failures: grouped(failures, outcome) };
}

export function sumsOf({ outcomes }: Pick<ShardOutcomes, 'outcomes'>): Sums {
  return outcomes.reduce(withOutcome, NO_SUMS);
}

export function plus(one: Sums, other: Sums): Sums {
  const { done, unchanged, failed, cancelled, bytes } = other.counters;
  return {
    counters: {
      done: one.counters.done + done,
      unchanged: one.counters.unchanged + unchanged,
      failed: one.counters.failed + failed,
      cancelled: one.counters.cancelled + cancelled,
      bytes: one.counters.bytes + bytes,
    },
    failures: other.failures.reduce(withGroup, one.failures),
  };
}

/** The most frequent first. */
export function byFrequency(failures: readonly FailureGroup[]): readonly FailureGroup[] {
  return [...failures].sort((a, b) => b.count - a.count);
}
