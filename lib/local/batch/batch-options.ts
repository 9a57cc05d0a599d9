import { PieceworkError } from '../../errors/error.ts';
import type { BatchOptions } from '../../transfer/batch/batch-record.ts';
import type { FailureLimit } from '../../transfer/batch/stop-rules.ts';
import { SUMS_NAMES } from '../../transfer/batch/sums-list.ts';
import { stated } from '../../values/stated.ts';
import { checkRange } from '../copy/check-request.ts';
import type { BatchRequestOptions } from './api.ts';

/** With their defaults. */
export interface CompleteBatchOptions extends BatchRequestOptions {
  /** What the record keeps. */
  readonly ofEntries: Omit<BatchOptions, 'object'>;
}

const MINUTE_MS = 60_000;

const BATCH_DEFAULTS = {
  ifExists: 'if-changed',
  parallelism: 16,
  maxAttempts: 5,
  maxWaitMs: 15 * MINUTE_MS,
  strict: false,
  checksums: [],
} as const satisfies Partial<BatchRequestOptions>;

/** @throws PieceworkError `InvalidOption`. */
export function completeBatchOptions(given: Partial<BatchRequestOptions> = {}): CompleteBatchOptions {
  const options = { ...BATCH_DEFAULTS, ...given };
  const {
    parallelism,
    perHost = parallelism,
    maxFailures,
    maxDurationMs,
    ifExists,
    strict,
    maxAttempts,
    minAgeMs,
  } = options;
  const checksums = options.checksums.length === 0 ? undefined : [...new Set(options.checksums)];
  checkRange('parallelism', parallelism, 1, 256);
  checkRange('perHost', perHost, 1, 256);
  checkRange('maxAttempts', maxAttempts, 1, 100);
  checkLimit(maxFailures);
  checkAlgorithms(options.checksums);
  const { maxWaitMs, perHostPerMinute, large } = options;
  const ofEntries = {
    ...{ ifExists, strict, maxAttempts, parallelism, perHost: Math.min(perHost, parallelism), maxWaitMs },
    ...stated({ perHostPerMinute, maxFailures, maxDurationMs, minAgeMs, checksums, large }),
  };
  return { ...options, perHost: Math.min(perHost, parallelism), ofEntries };
}

function checkLimit(limit: FailureLimit | undefined): void {
  if (limit === undefined) return;
  const isWhole = 'entries' in limit && Number.isInteger(limit.entries) && limit.entries >= 0;
  if (isWhole || ('percent' in limit && limit.percent >= 0 && limit.percent <= 100)) return;
  throw new PieceworkError('InvalidOption', 'maxFailures must be a number of entries, or 0 to 100 percent of them');
}

function checkAlgorithms(checksums: readonly string[]): void {
  const unknown = checksums.find((one) => !Object.hasOwn(SUMS_NAMES, one));
  if (unknown === undefined) return;
  throw new PieceworkError(
    'InvalidOption',
    `checksums are of ${Object.keys(SUMS_NAMES).join(', ')}, not of ${unknown}`,
  );
}
