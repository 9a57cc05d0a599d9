import type { Chance } from './chance.ts';
import type { Scenario } from './scenario.ts';
import { SECOND_MS } from './times.ts';

/** In half of the histories workers are given several pieces at once, as on AWS; else each by itself. */
export function loaded(chance: Chance, scenario: Scenario): Scenario {
  if (!chance.hit(0.5)) return scenario;
  const leastConnections = chance.between(1, 4);
  const many = chance.hit(0.6) ? manyPieces(chance, scenario) : {};
  return {
    ...scenario,
    ...many,
    loads: {
      leastConnections,
      mostConnections: leastConnections * chance.pick([1, 2, 4]),
      bytesPerSecond: chance.pick([1, 100, 10_000]),
      loadMs: chance.between(1, 80) * SECOND_MS,
      mostPerConnection: chance.between(1, 6),
    },
  };
}

/** Few places for many pieces, so that some wait in their worker. */
function manyPieces(chance: Chance, { orders, places, destination }: Scenario): Pick<Scenario, 'orders' | 'places'> {
  const few = { first: chance.between(1, 3), second: chance.between(1, 3) };
  const pieceSizeBytes = Math.max(destination.limits.minPieceBytes, chance.between(2, 4));
  return {
    places: { ...places, ...few },
    orders: orders.map((order) => ({ ...order, options: { ...order.options, pieceSizeBytes } })),
  };
}
