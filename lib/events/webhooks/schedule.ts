const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits after the first, second, … try that failed. */
const WAITS_MS: readonly number[] = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  8 * HOUR_MS,
];

/** A receiver that asks for patience gets it, up to this. */
const LONGEST_ASKED_MS = 8 * HOUR_MS;

/** So often is a notification tried, over about 16 hours. */
export const MOST_TRIES = WAITS_MS.length + 1;

/**
 * How long to wait after so many tries that failed; `undefined` = it is given up.
 * @param askedMs what the receiver's `Retry-After` said
 */
export function waitAfter(tries: number, askedMs = 0): number | undefined {
  const wait = WAITS_MS[tries - 1];
  return wait === undefined ? undefined : Math.max(wait, Math.min(askedMs, LONGEST_ASKED_MS));
}
