import type { Chance } from './chance.ts';
import type { StoreAction } from './denials.ts';
import { STORE_ACTIONS } from './denials.ts';
import type { Scenario } from './scenario.ts';
import { MINUTE_MS } from './times.ts';

/** One scenario in ten has such a store. What the others are like does not depend on it. */
export function denying(chance: Chance, scenario: Scenario): Scenario {
  if (!chance.hit(0.1)) return scenario;
  const orders = scenario.orders.map((order) => {
    const deadlineMs = chance.pick([20, 60, 180]) * MINUTE_MS;
    return { ...order, options: { ...order.options, deadlineMs }, mustComplete: false };
  });
  const longestMs = Math.max(...orders.map(({ options }) => 2 * options.deadlineMs + options.holdMs));
  const actions: readonly StoreAction[] = chance.pick([
    STORE_ACTIONS,
    ['head'],
    ['put', 'head'],
    ['complete'],
    ['complete'],
    ['complete', 'head'],
    ['head', 'abort'],
    ['list', 'abort'],
    ...STORE_ACTIONS.map((action) => [action]),
  ] as const);
  return {
    ...scenario,
    orders,
    // Every other time all of it is put at once.
    ...(chance.hit(0.5) ? { singleMaxBytes: 256, windows: { bytes: 256, count: 2 } } : {}),
    rates: { ...scenario.rates, storeLost: chance.pick([0, 0.1, 0.3]) },
    denial: {
      actions,
      how: chance.pick(['denied', 'busy']),
      fromMs: chance.pick([0, chance.below(3 * MINUTE_MS), chance.below(20 * MINUTE_MS)]),
      untilMs: scenario.faultsUntilMs + longestMs + 240 * MINUTE_MS,
    },
  };
}
