import type { FaultKind } from '../faults.ts';
import type { Scenario } from '../scenario.ts';

/**
 * The same scenario on one machine (`lib/local`). Messages and secrets are in the memory of a command, and records on
 * its own disk: none of them fails, comes late or comes twice. What is lost is lost with the whole process. There is
 * no load, no ceiling of a host and no frozen queue, and each transfer has two places for each worker.
 */
export function onMachine(scenario: Scenario): Scenario {
  const { denial, loads, hostCeiling, rates, ...rest } = scenario;
  const possible = Object.entries(rates).filter(([kind]) => HAPPENS.test(kind));
  const { kill = 0 } = rates;
  return {
    ...rest,
    // A command is looked at each second, and each look may be its last: so less often than a function's.
    rates: { ...Object.fromEntries(possible), ...(kill > 0 ? { kill: Math.min(kill, 0.003) } : {}) },
    frozen: [],
    hasRights: true,
    placesPerWorker: 2,
  };
}

/** Of the store, but for what it does after its sender has given up: that is over within seconds here. */
const HAPPENS: RegExp & { test(kind: FaultKind): boolean } =
  /^(kill|stop|store(?!Late)|part|uploadVanishes|source|copy)/;
