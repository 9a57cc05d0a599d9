import type { Features, Limits } from '../../lib/transfer/limits.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { Status } from '../../lib/transfer/record.ts';
import { DEFAULT_OPTIONS, type IfExists, type TransferOptions } from '../../lib/transfer/request.ts';
import type { Validator } from '../../lib/values/validator.ts';
import type { Chance } from './chance.ts';
import { FAULT_KINDS, type FaultKind, type FaultRates } from './faults.ts';
import { type OriginVersion, type SimOrigin, sha256 } from './sim-source.ts';

/** One adverse history in outline, drawn from a seed: what is asked for, what the world is like, and what goes wrong how often. */
export interface Scenario {
  readonly destination: { readonly kind: 's3' | 'file'; readonly limits: Limits; readonly features: Features };
  readonly orders: readonly Order[];
  readonly rates: FaultRates;
  /** From then on nothing goes wrong any more, so that everything must come to its end. */
  readonly faultsUntilMs: number;
  /** While a queue is frozen nobody receives from it: a backlog. */
  readonly frozen: readonly { readonly queue: 'planner' | 'fetcher' | 'finalizer'; readonly fromMs: number; readonly untilMs: number }[];
  readonly workers: { readonly planner: number; readonly fetcher: number; readonly finalizer: number };
  readonly windows: { readonly bytes: number; readonly count: number };
  readonly singleMaxBytes: number;
  /** Places of one transfer: they vary, as when the host bears less or more transfers share it. */
  readonly places: { readonly first: number; readonly then: number; readonly changeMs: number };
  readonly tickMs: number;
  readonly maxReceives: number;
}

/** What one caller wants, and what he does about it later. */
export interface Order {
  readonly origin: SimOrigin;
  readonly target: DestinationLocator;
  readonly options: TransferOptions;
  /** What stands at the destination before. */
  readonly before: 'nothing' | 'foreign' | 'same';
  readonly idempotent: boolean;
  readonly acts: readonly Act[];
  /** Nothing that the world does to this order may keep it from completing. */
  readonly mustComplete: boolean;
}

export interface Act {
  readonly kind: 'submit' | 'cancel' | 'retry';
  /** From the beginning, or from when the transfer comes to this status: the first act at the first time, the second at the second. */
  readonly atMs: number;
  readonly on?: Status;
  /** A retry may give the source again, or rely on the sealed one. */
  readonly givesSource: boolean;
}

const MINUTE_MS = 60_000;

export function drawScenario(chance: Chance): Scenario {
  const kind = chance.hit(0.7) ? 's3' : 'file';
  const readBack = kind === 'file' ? 'upload' : chance.hit(0.7) ? 'staging' : 'none';
  const isBenign = chance.hit(0.35);
  const rates = drawRates(chance, isBenign);
  const windows = { bytes: chance.between(4, 24), count: chance.between(1, 4) };
  const faultsUntilMs = chance.between(5, isBenign ? 90 : 240) * MINUTE_MS;
  const orderCount = chance.pick([1, 1, 1, 2, 3]);
  return {
    destination: {
      kind,
      limits: { maxPieces: 1000, minPieceBytes: chance.between(1, 3), maxPieceBytes: 64, maxObjectBytes: 10_000 },
      features: { resumable: true, ordered: false, readBack, conditionalWrite: true, token: true },
    },
    orders: Array.from({ length: orderCount }, (_, index) => drawOrder(chance, index, kind, isBenign, windows.bytes * windows.count)),
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
    places: { first: chance.between(1, 8), then: chance.between(1, 8), changeMs: chance.below(30 * MINUTE_MS) },
    tickMs: chance.pick([1, 2, 5]) * MINUTE_MS,
    maxReceives: chance.between(3, 5),
  };
}

/** Some kinds of fault happen not at all, some now and then, a few often: so that each can show what it does alone. */
function drawRates(chance: Chance, isBenign: boolean): FaultRates {
  const rates: Partial<Record<FaultKind, number>> = {};
  const spread = chance.pick([0, 0.15, 0.4, 0.8]);
  for (const kind of FAULT_KINDS) {
    if (!chance.hit(spread)) continue;
    rates[kind] = COMMON[kind] ?? chance.pick(isBenign && kind.startsWith('source') ? [0.005, 0.01] : [0.005, 0.02, 0.06]);
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
};

function drawOrder(chance: Chance, index: number, kind: 's3' | 'file', isBenign: boolean, windowsBytes: number): Order {
  const origin = drawOrigin(chance, index, isBenign);
  const first = origin.versions[0]?.bytes ?? new Uint8Array();
  const ifExists: IfExists = chance.pick(['replace', 'replace', 'replace', 'fail', 'if-changed']);
  const wantsDigest = chance.hit(0.3);
  const deadlineMs = isBenign ? 12 * 60 * MINUTE_MS : chance.pick([20, 60, 180, 720]) * MINUTE_MS;
  const before = isBenign && ifExists === 'fail' ? 'nothing' : chance.pick(['nothing', 'nothing', 'foreign', 'same'] as const);
  const options: TransferOptions = {
    ...DEFAULT_OPTIONS,
    parallelism: chance.between(1, 8),
    maxFailures: isBenign ? 100 : chance.pick([1, 3, 5, 20]),
    ifExists,
    onSourceChange: chance.pick(['fail', 'restart']),
    deadlineMs,
    holdMs: chance.pick([0, 10, 60]) * MINUTE_MS,
    expect: { digests: wantsDigest ? { sha256: isBenign || chance.hit(0.85) ? sha256(first) : '0'.repeat(64) } : {} },
    ...(chance.hit(0.7) ? { pieceSizeBytes: chance.between(3, 16) } : {}),
  };
  const name = `object-${index}`;
  const target: DestinationLocator = kind === 's3' ? { kind, bucket: 'bucket', key: name } : { kind, path: `/data/${name}` };
  // A stream of unknown length needs each piece whole in its windows: too large a wish is refused.
  const fits = (options.pieceSizeBytes ?? 0) <= windowsBytes || origin.tellsSize;
  return { origin, target, options, before, idempotent: chance.hit(0.7) || isBenign, acts: drawActs(chance, isBenign), mustComplete: isBenign && fits };
}

function drawActs(chance: Chance, isBenign: boolean): Order['acts'] {
  const at = (most: number) => chance.below(most * MINUTE_MS);
  const acts: Act[] = [{ kind: 'submit', atMs: at(2), givesSource: true }];
  if (chance.hit(0.4)) acts.push({ kind: 'submit', atMs: at(chance.pick([2, 5, 200])), givesSource: true });
  if (isBenign) return acts;
  if (chance.hit(0.3)) acts.push({ kind: 'cancel', atMs: at(chance.pick([3, 20, 120])), givesSource: false });
  if (chance.hit(0.2)) acts.push({ kind: 'cancel', on: chance.pick(['planning', 'transferring', 'finalizing', 'failed'] as const), atMs: chance.below(2_000), givesSource: false });
  while (chance.hit(0.5)) acts.push({ kind: 'retry', on: 'failed', atMs: chance.below(chance.pick([2_000, 20 * MINUTE_MS])), givesSource: chance.hit(0.5) });
  while (chance.hit(0.3)) acts.push({ kind: 'retry', atMs: at(chance.pick([10, 60, 300])), givesSource: chance.hit(0.5) });
  return acts;
}

function drawOrigin(chance: Chance, index: number, isBenign: boolean): SimOrigin {
  const validatorKind = chance.pick(['strong', 'strong', 'strong', 'weak', 'date', 'none'] as const);
  const sizeBytes = chance.pick([0, 1, 7, 30, 60, 100]) + chance.below(12);
  const misbehaves = !isBenign && chance.hit(0.6);
  const changes = misbehaves && chance.hit(0.4);
  const otherSize = chance.hit(0.5) ? sizeBytes : sizeBytes + chance.between(1, 9);
  const forbiddenFrom = chance.between(1, 20);
  return {
    // The password and the signature are the secrets that must turn up nowhere.
    url: `https://user:SECRET@origin.example/file-${index}?signature=SECRET${index}`,
    versions: [drawVersion(chance, sizeBytes, validatorKind, 1), drawVersion(chance, otherSize, validatorKind, 2)],
    changesAt: changes ? chance.between(2, 30) : undefined,
    changesOnFailure: misbehaves && chance.hit(0.3),
    hasChanged: false,
    tellsSize: chance.hit(0.85),
    hasRanges: chance.hit(0.85),
    ignoresRangesFrom: chance.hit(0.1) ? chance.between(2, 15) : undefined,
    forbidden: misbehaves && chance.hit(0.5) ? { from: forbiddenFrom, to: forbiddenFrom + chance.between(1, chance.pick([3, 30])) } : undefined,
    publishesDigest: chance.hit(0.1),
    requests: 0,
  };
}

function drawVersion(chance: Chance, sizeBytes: number, kind: Validator['kind'], number: number): OriginVersion {
  const bytes = Uint8Array.from({ length: sizeBytes }, () => chance.below(256));
  const lastModified = new Date(Date.UTC(2025, 0, number)).toUTCString();
  switch (kind) {
    case 'strong':
    case 'weak':
      return { bytes, validator: { kind, etag: `"v${number}"` } };
    case 'date':
      return { bytes, validator: { kind, lastModified } };
    case 'none':
      return { bytes, validator: { kind } };
  }
}
