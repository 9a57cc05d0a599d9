/** A moment, in milliseconds since 1970 (UTC). Records and messages carry the ISO 8601 form in fields named `...At`. */
export type Instant = number;

export interface Clock {
  now(): Instant;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export function toIso(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** ISO 8601, or the date of an HTTP header; NaN for anything else. */
export function fromIso(at: string): Instant {
  return Date.parse(at);
}
