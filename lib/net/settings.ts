import type { LookupFunction } from 'node:net';
import { PieceworkError } from '../errors/error.ts';
import type { Guard } from '../guard/guard.ts';

/** How connections are made and watched, whatever is spoken over them. */
export interface NetOptions {
  /** For name resolution and TCP together, with TLS where HTTP is spoken; else again for TLS or SSH. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** From a question to its answer, or to the whole head of it. @default 30000 */
  readonly headersTimeoutMs?: number;
  /** Longest silence within a body. @default 30000 */
  readonly stallTimeoutMs?: number;
  /**
   * A body slower than this over a `stallTimeoutMs` of waiting counts as stalled; 0 = never.
   * @default 1 KiB/s over two of them, once a second body was asked of the server
   */
  readonly minBytesPerSecond?: number;
  /** Resolves every name and looks at every address, also one that was given as such, in place of `dns.lookup`. */
  readonly lookup?: LookupFunction;
  /**
   * Refuses what may not be contacted: each URL, redirects too, and each address as it is connected to. Brings its own
   * `lookup`.
   * @default everything may be
   */
  readonly guard?: Guard;
}

export interface NetSettings {
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly stallTimeoutMs: number;
  /** `undefined` = what `speedFloors` takes in its place. */
  readonly minBytesPerSecond: number | undefined;
  readonly lookup: LookupFunction | undefined;
  readonly guard: Guard | undefined;
}

/** @throws PieceworkError `InvalidOption`. */
export function netSettings(options: NetOptions): NetSettings {
  const { guard } = options;
  if (guard !== undefined && options.lookup !== undefined) {
    throw new PieceworkError('InvalidOption', 'lookup must be left to the guard, where there is one');
  }
  const { minBytesPerSecond } = options;
  if (minBytesPerSecond !== undefined && !(minBytesPerSecond >= 0)) {
    throw new PieceworkError('InvalidOption', 'minBytesPerSecond must be a number from 0');
  }
  return {
    connectTimeoutMs: duration('connectTimeoutMs', options.connectTimeoutMs ?? 10_000),
    headersTimeoutMs: duration('headersTimeoutMs', options.headersTimeoutMs ?? 30_000),
    stallTimeoutMs: duration('stallTimeoutMs', options.stallTimeoutMs ?? 30_000),
    minBytesPerSecond,
    lookup: guard?.lookup ?? options.lookup,
    guard,
  };
}

function duration(name: string, ms: number): number {
  if (Number.isInteger(ms) && ms > 0 && ms <= 0x7fff_ffff) return ms;
  throw new PieceworkError('InvalidOption', `${name} must be a whole number of milliseconds from 1 to 2147483647`);
}
