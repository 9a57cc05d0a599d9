import { PieceworkError } from '../../errors/error.ts';
import { checkWebhook } from '../../transfer/hooks.ts';
import type { TransferOptions } from '../../transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../transfer/request.ts';
import type { CopyRequest } from '../api.ts';

/** @throws PieceworkError `InvalidOption`. */
export function checkRequest(request: CopyRequest): void {
  checkKeys('a copy request', request, ['source', 'destination', 'object', 'options', 'notify', 'restart']);
  if (request.notify !== undefined) checkWebhook(request.notify);
}

/** The options with their defaults. @throws PieceworkError `InvalidOption`. */
export function completeOptions(options: Partial<TransferOptions> | undefined): TransferOptions {
  checkKeys('options', options ?? {}, [...Object.keys(DEFAULT_OPTIONS), 'pieceSizeBytes', 'maxWaitMs', 'strict']);
  const complete = { ...DEFAULT_OPTIONS, ...options };
  checkRange('parallelism', complete.parallelism, 1, 256);
  checkRange('maxFailures', complete.maxFailures, 1, 100);
  checkRange('deadlineMs', complete.deadlineMs, 1, 365 * 86_400_000);
  checkRange('holdMs', complete.holdMs, 0, 365 * 86_400_000);
  if (complete.maxWaitMs !== undefined) checkRange('maxWaitMs', complete.maxWaitMs, 1, 365 * 86_400_000);
  if (complete.pieceSizeBytes !== undefined)
    checkRange('pieceSizeBytes', complete.pieceSizeBytes, 1, Number.MAX_SAFE_INTEGER);
  return complete;
}

/**
 * A misspelt key would be as if it had not been given. TypeScript sees it only where the object is written in place.
 */
function checkKeys(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new PieceworkError('InvalidOption', `${what} has no "${unknown}"; it takes ${known.join(', ')}`);
}

/** @throws PieceworkError `InvalidOption`. */
export function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new PieceworkError('InvalidOption', `${name} must be a whole number from ${least} to ${most}, and is ${value}`);
}
