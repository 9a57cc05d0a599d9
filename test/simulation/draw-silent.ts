import type { Chance } from './chance.ts';
import type { Order, Scenario } from './scenario.ts';
import { MINUTE_MS } from './times.ts';

/**
 * Of ten scenarios whose source does not contradict itself two have one that gives nothing for a while, and nothing
 * else that goes wrong: so that it is known to the minute how long it is to be waited for.
 */
export function silent(chance: Chance, scenario: Scenario): Scenario {
  const [first] = scenario.orders;
  const { denial, intruder } = scenario;
  const isOther = denial !== undefined || intruder !== undefined || first?.origin.unsteady !== undefined;
  if (!chance.hit(0.2) || isOther || first === undefined) return scenario;
  return { ...scenario, orders: [bent(chance, first)], rates: {}, frozen: [] };
}

function bent(chance: Chance, order: Order): Order {
  const maxWaitMs = chance.pick([20, 40, 60]) * MINUTE_MS;
  // Long enough that all of them together are more than is waited for, and each of them less; or once much more.
  const isPassing = chance.hit(0.6);
  const forMs = isPassing ? chance.between(MINUTE_MS, maxWaitMs / 4) : maxWaitMs * chance.between(2, 3);
  const origin = {
    ...order.origin,
    hasRanges: true,
    statesSize: true,
    ignoresRangesFrom: undefined,
    ignoresIfRange: false,
    forbidden: undefined,
    changesAt: undefined,
    changesOnFailure: false,
    isInStore: false,
    silences: {
      says: chance.pick(['busy', 'denied'] as const),
      every: chance.between(3, 8),
      forMs,
      answers: 0,
      untilMs: 0,
    },
  };
  const options = {
    ...order.options,
    maxWaitMs,
    maxFailures: chance.pick([1, 3, 5]),
    ifExists: 'replace' as const,
    deadlineMs: 24 * 60 * MINUTE_MS,
    pieceSizeBytes: chance.between(3, 8),
    parallelism: chance.between(1, 8),
    serverSideCopy: 'auto' as const,
    expect: { digests: {} },
  };
  const acts = [{ kind: 'submit', atMs: 0, givesSource: true } as const];
  return { ...order, origin, options, acts, before: 'nothing', idempotent: true, mustComplete: isPassing };
}
