import { stated } from '../../../values/stated.ts';
import type { Instant } from '../../../values/time.ts';
import { fromIso } from '../../../values/time.ts';
import type { ShardOutcomes } from '../outcome.ts';
import { isComplete, NO_OUTCOMES } from '../outcome.ts';
import type { Sums } from '../sums.ts';
import { sumsOf } from '../sums.ts';

/** What the outcomes of a shard say, as far as the board needs it. */
export interface ShardSeen extends Sums {
  readonly run: number;
  readonly isThrough: boolean;
  readonly isComplete: boolean;
  readonly largeLeft: number;
  readonly leasedUntil?: Instant;
  /** None of its entries is to be asked for before. */
  readonly restsUntil?: Instant;
}

/** @param outcomes absent = no worker has begun */
export function seenOf(outcomes: ShardOutcomes | undefined, run: number): ShardSeen {
  if (outcomes === undefined || (outcomes.run ?? 1) !== run)
    return { run, isThrough: false, isComplete: false, largeLeft: 0, counters: NO_OUTCOMES, failures: [] };
  const { lease, restsUntil, large = [], through = false } = outcomes;
  const { counters, failures } = sumsOf(outcomes);
  return stated({
    run,
    isThrough: through,
    isComplete: isComplete(outcomes),
    largeLeft: large.length,
    restsUntil: restsUntil === undefined ? undefined : fromIso(restsUntil),
    leasedUntil: lease === undefined ? undefined : fromIso(lease.until),
    counters,
    failures,
  });
}
