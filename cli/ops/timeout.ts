import { PieceworkError } from '../../lib/errors/error.ts';
import { parseDuration } from '../../lib/values/units.ts';
import type { VerbCall } from '../verb.ts';

/** `--timeout`, in milliseconds. @throws PieceworkError `InvalidOption`. */
export function timeoutOf({ extras: { timeout } }: Pick<VerbCall, 'extras'>): number | undefined {
  if (timeout === undefined) return undefined;
  const value = parseDuration(String(timeout));
  if (value !== undefined) return value;
  throw new PieceworkError('InvalidOption', '--timeout: is to be a time such as 30s, 5m, 1h30m or 45 (seconds)');
}
