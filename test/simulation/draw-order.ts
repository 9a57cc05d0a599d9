import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { IfExists, TransferOptions } from '../../lib/transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import type { Validator } from '../../lib/values/web/validator.ts';
import type { Chance } from './chance.ts';
import type { Act, Order } from './scenario.ts';
import type { OriginVersion, SimOrigin } from './sim-source.ts';
import { sha256 } from './sim-source.ts';
import { MINUTE_MS } from './times.ts';

/** One order and its source; a benign one meets nothing that may keep it from completing. */
export function drawOrder(
  chance: Chance,
  index: number,
  kind: 's3' | 'file',
  isBenign: boolean,
  windowsBytes: number,
): Order {
  const origin = drawOrigin(chance, index, isBenign);
  const first = origin.versions[0]?.bytes ?? new Uint8Array();
  const ifExists: IfExists = chance.pick(['replace', 'replace', 'replace', 'fail', 'if-changed']);
  const wantsDigest = chance.hit(0.3);
  const deadlineMs = isBenign ? 12 * 60 * MINUTE_MS : chance.pick([20, 60, 180, 720]) * MINUTE_MS;
  const before =
    isBenign && ifExists === 'fail' ? 'nothing' : chance.pick(['nothing', 'nothing', 'foreign', 'same'] as const);
  const options: TransferOptions = {
    ...DEFAULT_OPTIONS,
    parallelism: chance.between(1, 8),
    maxFailures: isBenign ? 100 : chance.pick([1, 3, 5, 20]),
    ifExists,
    onSourceChange: chance.pick(['fail', 'restart']),
    deadlineMs,
    holdMs: chance.pick([0, 10, 60]) * MINUTE_MS,
    serverSideCopy: origin.isInStore && !isBenign ? chance.pick(['auto', 'auto', 'always', 'never']) : 'auto',
    expect: { digests: wantsDigest ? { sha256: isBenign || chance.hit(0.85) ? sha256(first) : '0'.repeat(64) } : {} },
    ...(chance.hit(0.7) ? { pieceSizeBytes: chance.between(3, 16) } : {}),
  };
  const name = `object-${index}`;
  const target: DestinationLocator =
    kind === 's3' ? { kind, bucket: 'bucket', key: name } : { kind, path: `/data/${name}` };
  // A stream of unknown length needs each piece whole in its windows: a larger piece size is refused.
  const fits = (options.pieceSizeBytes ?? 0) <= windowsBytes || origin.statesSize;
  return {
    origin,
    target,
    options,
    before,
    idempotent: chance.hit(0.7) || isBenign,
    acts: drawActs(chance, isBenign),
    mustComplete: isBenign && fits,
  };
}

function drawActs(chance: Chance, isBenign: boolean): Order['acts'] {
  const at = (most: number) => chance.below(most * MINUTE_MS);
  const acts: Act[] = [{ kind: 'submit', atMs: at(2), givesSource: true }];
  if (chance.hit(0.4)) acts.push({ kind: 'submit', atMs: at(chance.pick([2, 5, 200])), givesSource: true });
  if (isBenign) return acts;
  if (chance.hit(0.3)) acts.push({ kind: 'cancel', atMs: at(chance.pick([3, 20, 120])), givesSource: false });
  if (chance.hit(0.2))
    acts.push({
      kind: 'cancel',
      on: chance.pick(['planning', 'transferring', 'finalizing', 'failed'] as const),
      atMs: chance.below(2_000),
      givesSource: false,
    });
  while (chance.hit(0.5))
    acts.push({
      kind: 'retry',
      on: 'failed',
      atMs: chance.below(chance.pick([2_000, 20 * MINUTE_MS])),
      givesSource: chance.hit(0.5),
    });
  while (chance.hit(0.3))
    acts.push({ kind: 'retry', atMs: at(chance.pick([10, 60, 300])), givesSource: chance.hit(0.5) });
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
    statesSize: chance.hit(0.85),
    hasRanges: chance.hit(0.85),
    ignoresRangesFrom: chance.hit(0.1) ? chance.between(2, 15) : undefined,
    ignoresIfRange: false,
    forbidden:
      misbehaves && chance.hit(0.5)
        ? { from: forbiddenFrom, to: forbiddenFrom + chance.between(1, chance.pick([3, 30])) }
        : undefined,
    publishesDigest: chance.hit(0.1),
    isInStore: chance.hit(0.2),
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
