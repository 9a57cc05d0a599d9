import type { Chance } from './chance.ts';
import { drawOrder } from './draw-order.ts';
import type { FaultKind, FaultRates } from './faults.ts';
import { FAULT_KINDS } from './faults.ts';
import type { Scenario } from './scenario.ts';
import { themed } from './themes.ts';
import { MINUTE_MS } from './times.ts';

export function drawScenario(chance: Chance): Scenario {
  return themed(chance, drawAny(chance));
}

function drawAny(chance: Chance): Scenario {
  const kind = chance.hit(0.7) ? 's3' : 'file';
  const proof = kind === 'file' ? 'upload' : chance.hit(0.7) ? 'staging' : 'none';
  const isBenign = chance.hit(0.35);
  const rates = drawRates(chance, isBenign);
  const windows = { bytes: chance.between(4, 24), count: chance.between(1, 4) };
  const faultsUntilMs = chance.between(5, isBenign ? 90 : 240) * MINUTE_MS;
  const orderCount = chance.pick([1, 1, 1, 2, 3]);
  return {
    destination: {
      kind,
      limits: { maxPieces: 1000, minPieceBytes: chance.between(1, 3), maxPieceBytes: 64, maxObjectBytes: 10_000 },
      features: { ordered: false, conditionalWrite: true, token: true },
      proof,
      ...(kind === 's3' ? { copies: { pinsSource: chance.hit(0.6) } } : {}),
    },
    orders: Array.from({ length: orderCount }, (_, index) =>
      drawOrder(chance, index, kind, isBenign, windows.bytes * windows.count),
    ),
    rates,
    faultsUntilMs,
    frozen: chance.hit(0.3)
      ? [chance.pick(['planner', 'fetcher', 'finalizer'] as const)].map((queue) => {
          const fromMs = chance.below(10 * MINUTE_MS);
          return { queue, fromMs, untilMs: fromMs + chance.between(1, 25) * MINUTE_MS };
        })
      : [],
    workers: { planner: chance.between(1, 2), fetcher: chance.between(1, 3), finalizer: chance.between(1, 2) },
    windows,
    singleMaxBytes: chance.pick([0, 4, 12, 24]),
    places: { first: chance.between(1, 8), second: chance.between(1, 8), changeMs: chance.below(30 * MINUTE_MS) },
    ...(chance.hit(0.5) ? { hostCeiling: chance.between(1, 16) } : {}),
    hasRights: chance.hit(0.5),
    tickMs: chance.pick([1, 2, 5]) * MINUTE_MS,
    maxReceives: chance.between(3, 5),
    patienceMs: 10 * MINUTE_MS,
  };
}

/** Some kinds of fault happen not at all, some now and then, a few often: so that each can show what it does alone. */
function drawRates(chance: Chance, isBenign: boolean): FaultRates {
  const rates: Partial<Record<FaultKind, number>> = {};
  const spread = chance.pick([0, 0.15, 0.4, 0.8]);
  for (const kind of FAULT_KINDS) {
    if (!chance.hit(spread)) continue;
    rates[kind] =
      COMMON[kind] ?? chance.pick(isBenign && kind.startsWith('source') ? [0.005, 0.01] : [0.005, 0.02, 0.06]);
  }
  if (isBenign) {
    delete rates.uploadVanishes;
    delete rates.storeConflict;
  }
  return rates;
}

/** Those that are only about one moment in a transfer, or that would stop everything if they were frequent. */
const COMMON: Readonly<Partial<Record<FaultKind, number>>> = {
  kill: 0.01,
  stop: 0.003,
  orphanedRequest: 0.6,
  partOutlivesAbort: 0.7,
  storeConflict: 0.2,
  uploadVanishes: 0.02,
  deleteLost: 0.1,
  sourceSlow: 0.1,
  copySlow: 0.1,
  copyRefused: 0.02,
  copyUnproved: 0.02,
};
