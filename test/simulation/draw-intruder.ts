import type { Chance } from './chance.ts';
import type { Scenario } from './scenario.ts';
import { sha256 } from './sim-source.ts';

/**
 * One scenario in ten has such a writer, and stages what it writes over. The others do not depend on it.
 */
export function intruding(chance: Chance, scenario: Scenario): Scenario {
  if (!chance.hit(0.1) || scenario.denial !== undefined) return scenario;
  const orders = scenario.orders.map((order, index) => ({
    ...order,
    origin: { ...order.origin, hasRanges: true, statesSize: true },
    target: { kind: 's3', bucket: 'bucket', key: `object-${index}` },
    options: {
      ...order.options,
      expect: { digests: { sha256: sha256(order.origin.versions[0]?.bytes ?? new Uint8Array()) } },
    },
    mustComplete: false,
  }));
  return {
    ...scenario,
    orders,
    destination: { ...scenario.destination, kind: 's3', proof: 'staging' },
    singleMaxBytes: 0,
    intruder: { rate: chance.pick([0.2, 0.5, 0.9]), hasVersions: chance.hit(0.3) },
  };
}
