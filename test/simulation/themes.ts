import type { Chance } from './chance.ts';
import type { Act, Order, Scenario } from './scenario.ts';
import { sha256 } from './sim-source.ts';
import { MINUTE_MS } from './times.ts';

/** Narrow places that a world drawn evenly comes to too seldom: most scenarios are bent towards one of them. */
export function themed(chance: Chance, scenario: Scenario): Scenario {
  switch (
    chance.pick([
      'none',
      'none',
      'none',
      'lying',
      'staging',
      'staging',
      'vanishing',
      'submits',
      'resuming',
      'stragglers',
      'copying',
    ] as const)
  ) {
    case 'none':
      return scenario;
    case 'lying':
      return lying(chance, scenario);
    case 'staging':
      return staging(chance, scenario);
    case 'vanishing':
      return {
        ...scenario,
        orders: scenario.orders.map((order) => ({ ...order, mustComplete: false })),
        rates: {
          ...scenario.rates,
          uploadVanishes: 0.06,
          storeLate: 0.1,
          partOutlivesAbort: 0.9,
          kill: 0.02,
          orphanedRequest: 0.9,
        },
      };
    case 'submits':
      return submits(chance, scenario);
    case 'copying':
      return copying(chance, scenario);
    case 'stragglers':
      return stragglers(chance, scenario);
    case 'resuming':
      return resuming(chance, scenario);
  }
}

/**
 * Digests that need a staging object, answers lost at its completion and promotion, and a cancel in the middle of them.
 */
function staging(chance: Chance, scenario: Scenario): Scenario {
  const { destination, orders, rates } = scenario;
  const bent = orders.map((order, index): Order => {
    const bytes = order.origin.versions[0]?.bytes ?? new Uint8Array();
    const options = { ...order.options, expect: { digests: { sha256: sha256(bytes) } } };
    const acts: readonly Act[] = [
      ...order.acts,
      { kind: 'cancel', on: 'finalizing', atMs: chance.below(30_000), givesSource: false },
    ];
    return {
      ...order,
      origin: { ...order.origin, hasRanges: true, statesSize: true },
      target: { kind: 's3', bucket: 'bucket', key: `object-${index}` },
      options,
      acts,
      mustComplete: false,
    };
  });
  return {
    ...scenario,
    destination: { ...destination, kind: 's3', proof: 'staging' },
    orders: bent,
    rates: { ...rates, storeLost: 0.1, storeLate: 0.1, storeRefused: 0.1 },
  };
}

/**
 * Submits that are cut off, repeated while the transfer goes on, or only after what they
 * left was turned into a tombstone.
 */
function submits(chance: Chance, scenario: Scenario): Scenario {
  const bent = scenario.orders.map((order): Order => {
    const again = Array.from(
      { length: 3 },
      (): Act => ({ kind: 'submit', atMs: chance.below(chance.pick([2, 10, 150]) * MINUTE_MS), givesSource: true }),
    );
    return { ...order, idempotent: true, acts: [...order.acts, ...again] };
  });
  return {
    ...scenario,
    orders: bent,
    patienceMs: 150 * MINUTE_MS,
    rates: { ...scenario.rates, kill: 0.04, recordLost: 0.05 },
  };
}

/**
 * Links that expire in the middle and are mended: the upload is held, and the retry has to find
 * out whether it may go on with it.
 */
function resuming(chance: Chance, scenario: Scenario): Scenario {
  const bent = scenario.orders.map((order): Order => {
    const from = chance.between(3, 10);
    const origin = {
      ...order.origin,
      hasRanges: true,
      statesSize: true,
      forbidden: { from, to: from + chance.between(1, 2) },
      changesAt: undefined,
      changesOnFailure: chance.hit(0.4),
    };
    const options = { ...order.options, holdMs: 60 * MINUTE_MS };
    const retries = Array.from(
      { length: 2 },
      (): Act => ({ kind: 'retry', on: 'failed', atMs: chance.below(5 * MINUTE_MS), givesSource: chance.hit(0.5) }),
    );
    return { ...order, origin, options, acts: [...order.acts, ...retries], mustComplete: false };
  });
  return { ...scenario, orders: bent };
}

/** Many small pieces over few workers, and now and then a connection that is much slower than the others. */
function stragglers(chance: Chance, scenario: Scenario): Scenario {
  const bent = scenario.orders.map((order): Order => {
    const origin = { ...order.origin, hasRanges: true, statesSize: true, ignoresRangesFrom: undefined };
    return { ...order, origin, options: { ...order.options, pieceSizeBytes: chance.between(3, 6), parallelism: 8 } };
  });
  return {
    ...scenario,
    orders: bent,
    workers: { ...scenario.workers, fetcher: 1 },
    windows: { ...scenario.windows, count: 8 },
    rates: { ...scenario.rates, sourceSlow: chance.pick([0.05, 0.2, 0.5]) },
  };
}

/**
 * A store that copies its own objects: refused from the first piece or in the middle,
 * unproved, or changed under its hands.
 */
function copying(chance: Chance, scenario: Scenario): Scenario {
  const bent = scenario.orders.map((order, index): Order => {
    const bytes = order.origin.versions[0]?.bytes ?? new Uint8Array();
    const other = bytes.map(() => chance.below(256));
    const versions = [bytes, other].map((of, at) => ({ bytes: of, validator: STRONG[at] ?? STRONG[0] }));
    const origin = { ...order.origin, versions, isInStore: true, hasRanges: true, statesSize: true };
    const isAlways = chance.hit(0.2);
    const changes = chance.hit(0.5);
    const serverSideCopy = isAlways ? 'always' : 'auto';
    return {
      ...order,
      origin: changes ? { ...origin, changesAt: chance.between(3, 9) } : origin,
      target: { kind: 's3', bucket: 'bucket', key: `object-${index}` },
      options: { ...order.options, serverSideCopy, pieceSizeBytes: chance.between(3, 16), expect: { digests: {} } },
      mustComplete: order.mustComplete && !isAlways && !changes,
    };
  });
  const rates = {
    ...scenario.rates,
    copyRefused: chance.pick([0, 0.02, 0.1]),
    copyUnproved: chance.pick([0, 0.02, 0.1]),
    storeLost: 0.05,
  };
  const copies = { pinsSource: chance.hit(0.6) };
  return { ...scenario, destination: { ...scenario.destination, kind: 's3', copies }, orders: bent, rates };
}

/** Servers that answer another range or another version than was asked for, and no digest that would show it. */
function lying(chance: Chance, scenario: Scenario): Scenario {
  const bent = scenario.orders.map((order): Order => {
    const [first] = order.origin.versions;
    if (first === undefined) return order;
    const bytes = first.bytes.map(() => chance.below(256));
    const [was, is] = chance.pick([STRONG, WEAK]);
    const origin = {
      ...order.origin,
      hasRanges: true,
      statesSize: true,
      ignoresRangesFrom: undefined,
      ignoresIfRange: true,
      publishesDigest: false,
      changesAt: chance.hit(0.5) ? chance.between(2, 8) : undefined,
      versions: [
        { bytes: first.bytes, validator: was },
        { bytes, validator: is },
      ],
    };
    const options = { ...order.options, expect: { digests: {} }, pieceSizeBytes: chance.between(3, 16) };
    return { ...order, origin, options, mustComplete: false };
  });
  return { ...scenario, orders: bent, rates: { ...scenario.rates, sourceWrongRange: chance.pick([0.05, 0.2]) } };
}

const STRONG = [
  { kind: 'strong', etag: '"v1"' },
  { kind: 'strong', etag: '"v2"' },
] as const;
const WEAK = [
  { kind: 'weak', etag: '"v1"' },
  { kind: 'weak', etag: '"v2"' },
] as const;
