import type { Digests } from './digests.ts';
import type { ShownHooks } from './hooks.ts';
import type { Labels } from './labels.ts';
import type { DestinationLocator } from './locators.ts';

/**
 * `replace`: whatever is there. `fail`: only where nothing is. `if-changed`: nothing happens when the same version is
 * already there.
 */
export type IfExists = 'replace' | 'fail' | 'if-changed';

/**
 * `auto`: where it can be, without a word about it otherwise. `always`: else the transfer fails. `never`: every byte
 * comes through us.
 */
export type ServerSideCopyPreference = 'auto' | 'always' | 'never';

export interface TransferOptions {
  /** Pieces in flight, 1 to 256. @default 8 */
  readonly parallelism: number;
  /** @default by size, destination limits and parallelism */
  readonly pieceSizeBytes?: number;
  /** Failures of one piece before the transfer fails, 1 to 100. Waiting (429, 503) is no failure. @default 5 */
  readonly maxFailures: number;
  /** @default 'replace' */
  readonly ifExists: IfExists;
  /** `restart`: from the beginning, once in pieces and once more as one stream. @default 'restart' */
  readonly onSourceChange: 'fail' | 'restart';
  /** Whether a store copies its own objects by itself. @default 'auto' */
  readonly serverSideCopy: ServerSideCopyPreference;
  /** From submit or retry to the end. @default 24 h */
  readonly deadlineMs: number;
  /**
   * How long the source may give nothing before the transfer ends with its last reason, 1 s at least.
   * @default the home's: 15 min on one machine, 1 h on AWS
   */
  readonly maxWaitMs?: number;
  /** How long the upload of a failed transfer is kept for `retry`; 0 = not at all. @default 1 h */
  readonly holdMs: number;
  /** An end of the source that nothing proves is an error, `EndUnproved`, and no warning. @default false */
  readonly strict?: boolean;
  readonly expect: Expectations;
}

/** What the caller knows of the source beforehand; anything else is refused. */
export interface Expectations {
  readonly sizeBytes?: number;
  /** Media type, `image/png` or `image/*`. */
  readonly contentType?: string;
  readonly digests: Digests;
}

/**
 * How the object is to be stored. Everything here is passed on to stores that know it and refused by those that don't.
 */
export interface ObjectSettings {
  /** @default the source's */
  readonly contentType?: string;
  readonly storageClass?: string;
  readonly encryption?: { readonly kind: 's3' } | { readonly kind: 'kms'; readonly keyId?: string };
  readonly acl?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What was asked, as the record keeps it: without any secret. */
export interface TransferRequest {
  /**
   * `url` is redacted; `withheld` says that something was taken away, so that only the caller can give it again;
   * `secretPath`, that the path of what is given again is a secret as well.
   */
  readonly source: { readonly url: string; readonly withheld: boolean; readonly secretPath?: true };
  readonly destination: DestinationLocator;
  readonly object: ObjectSettings;
  readonly options: TransferOptions;
  /** Who is notified of its end; whole, they are sealed. */
  readonly hooks?: ShownHooks;
  /** The caller's own names for it, by which lists and events are chosen. No secret. */
  readonly labels?: Labels;
}

const HOUR_MS = 3_600_000;

export const DEFAULT_OPTIONS: TransferOptions = {
  parallelism: 8,
  maxFailures: 5,
  ifExists: 'replace',
  onSourceChange: 'restart',
  serverSideCopy: 'auto',
  deadlineMs: 24 * HOUR_MS,
  holdMs: HOUR_MS,
  expect: { digests: {} },
};
