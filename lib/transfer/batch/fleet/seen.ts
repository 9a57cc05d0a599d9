import { stated } from '../../../values/stated.ts';
import type { Instant } from '../../../values/time.ts';
import { fromIso } from '../../../values/time.ts';
import type { Counters, FailureGroup, ShardOutcomes } from '../outcome.ts';
import { counted, grouped, isComplete, NO_OUTCOMES } from '../outcome.ts';

/** What the outcomes of a shard say, as far as the board needs it. */
export interface ShardSeen {
  readonly run: number;
  readonly isThrough: boolean;
  readonly isComplete: boolean;
  readonly largeLeft: number;
  readonly leasedUntil?: Instant;
  readonly counters: Counters;
  readonly failures: readonly FailureGroup[];
}

/** @param outcomes absent = no worker has begun */
export function seenOf(outcomes: ShardOutcomes | undefined, run: number): ShardSeen {
  if (outcomes === undefined || (outcomes.run ?? 1) !== run)
    return { run, isThrough: false, isComplete: false, largeLeft: 0, counters: NO_OUTCOMES, failures: [] };
  const { lease, large = [], through = false } = outcomes;
  const { counters, failures } = sumsOf(outcomes);
  return stated({
    run,
    isThrough: through,
    isComplete: isComplete(outcomes),
    largeLeft: large.length,
    leasedUntil: lease === undefined ? undefined : fromIso(lease.until),
    counters,
    failures,
  });
}

export interface Sums {
  readonly counters: Counters;
  readonly failures: readonly FailureGroup[];
}

export function sumsOf({ outcomes }: Pick<ShardOutcomes, 'outcomes'>): Sums {
  return {
    counters: outcomes.reduce(counted, NO_OUTCOMES),
    failures: outcomes.reduce<readonly FailureGroup[]>(grouped, []),
  };
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

const MOST_EXAMPLES = 3;

function withGroup(groups: readonly FailureGroup[], more: FailureGroup): readonly FailureGroup[] {
  const there = groups.find(({ code }) => code === more.code);
  if (there === undefined) return [...groups, more];
  const examples = [...there.examples, ...more.examples].slice(0, MOST_EXAMPLES);
  return groups.map((one) => (one === there ? { ...one, count: one.count + more.count, examples } : one));
}
