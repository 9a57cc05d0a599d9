import type { Chance } from './chance.ts';
import type { Order, Scenario } from './scenario.ts';
import { sha256 } from './sim-source.ts';
import type { Unsteady } from './sim-unsteady.ts';

/**
 * Three scenarios in ten have sources that contradict themselves. What the others are like does not depend on it.
 */
export function unsteady(chance: Chance, scenario: Scenario): Scenario {
  if (!chance.hit(0.3) || scenario.denial !== undefined || scenario.intruder !== undefined) return scenario;
  return { ...scenario, orders: scenario.orders.map((order) => bent(chance, order)) };
}

function bent(chance: Chance, order: Order): Order {
  const nature: Unsteady = {
    flips: chance.hit(0.4),
    shifts: chance.hit(0.3),
    cutsAfter: chance.hit(0.4) ? chance.between(1, 6) : undefined,
    turnsAway: chance.hit(0.6) ? chance.pick(['page', 'page', 'forbidden'] as const) : undefined,
    taken: new Set(),
  };
  const [first] = order.origin.versions;
  const origin = {
    ...order.origin,
    hasRanges: true,
    statesSize: true,
    ignoresRangesFrom: undefined,
    ignoresIfRange: chance.hit(0.5),
    forbidden: undefined,
    isInStore: false,
    unsteady: nature,
  };
  const wantsDigest = chance.hit(0.2) && first !== undefined;
  const onSourceChange = chance.pick(['restart', 'restart', 'restart', 'fail'] as const);
  const options = {
    ...order.options,
    onSourceChange,
    maxFailures: order.mustComplete ? 100 : chance.pick([1, 2, 3, 5]),
    pieceSizeBytes: chance.between(3, 16),
    parallelism: chance.between(1, 8),
    serverSideCopy: 'auto' as const,
    expect: { digests: wantsDigest ? { sha256: sha256(first.bytes) } : {} },
  };
  // What a cut stream brings again and again comes to no end; a wrong version is no right one.
  const mayEnd =
    nature.cutsAfter !== undefined || nature.turnsAway === 'forbidden' || onSourceChange === 'fail' || wantsDigest;
  return { ...order, origin, options, idempotent: true, mustComplete: order.mustComplete && !mayEnd };
}
