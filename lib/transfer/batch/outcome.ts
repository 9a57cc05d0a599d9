import type { ErrorCode } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import type { Digests } from '../digests.ts';

/**
 * `done`: it was brought. `unchanged`: what is there is what the source has. `failed`: with the reason.
 * `cancelled`: the batch ended before it came to it.
 */
export const OUTCOME_KINDS = ['done', 'unchanged', 'failed', 'cancelled'] as const;
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** What became of one entry. Holds no secret. */
export interface Outcome {
  readonly entry: number;
  readonly kind: OutcomeKind;
  /** Under the destination; empty where the line gave none. */
  readonly name: string;
  /** Redacted. */
  readonly source: string;
  readonly sizeBytes?: number;
  /** Proved ones, and the CRC-32 of what was stored. */
  readonly digests?: Digests;
  readonly etag?: string;
  /** From the first request to the stored object, of the try that ended it. */
  readonly elapsedMs?: number;
  /** Tries that failed, of all mirrors together. */
  readonly failures?: number;
  readonly error?: ErrorRecord;
}

/** All that is known of a shard's entries: written whole at each checkpoint. */
export interface ShardOutcomes {
  readonly v: 1;
  readonly shard: number;
  /** In the order in which they came. At most one for each entry. */
  readonly outcomes: readonly Outcome[];
  /** Of which run of the batch: what failed in an earlier one is done again. @default 1 */
  readonly run?: number;
  /** Who works on it. Absent = no worker does. */
  readonly lease?: ShardLease;
  /** No entry is left to a worker: each has its outcome, or is among `large`. */
  readonly through?: true;
  /** Entries that became transfers and have no outcome yet, in list order. */
  readonly large?: readonly LargeEntry[];
  /** What entries without an outcome have behind them. */
  readonly tries?: Readonly<Record<string, StoredTries>>;
  /** A worker died over it, or was stopped while it put: what is there is not known by the outcomes alone. */
  readonly unsure?: true;
  /** ISO 8601: none of its entries is to be asked for before. Absent = there is something to do. */
  readonly restsUntil?: string;
  /** ISO 8601: since when its hosts have given no byte; absent = they give. */
  readonly silentSince?: string;
  /** New at each write on AWS: an unsure write is settled by looking for it. */
  readonly writeId?: string;
}

/** What an entry has behind it, between two workers. */
export interface StoredTries {
  readonly failures: number;
  readonly waits: number;
  readonly denials?: StoredDenials;
  readonly young?: number;
  /** ISO 8601: not tried again before. */
  readonly dueAt?: string;
}

/** Denials that may be limits. */
export interface StoredDenials {
  readonly count: number;
  /** In the form that `hostOf` gives. */
  readonly host: string;
  /** Entries from that host that were there at the first of them. */
  readonly there: number;
}

/** A worker's right to a shard, by compare-and-swap. */
export interface ShardLease {
  /** Another one for each worker, and for each time. */
  readonly owner: string;
  /** ISO 8601. */
  readonly until: string;
}

export interface LargeEntry {
  readonly entry: number;
  readonly transferId: string;
  /** Under the destination. */
  readonly name: string;
  /** Redacted. */
  readonly source: string;
  /** Which of its sources turned out to be large, from 0. @default 0 */
  readonly mirror?: number;
}

/** Each entry has its outcome: they do not change any more in this run. */
export function isComplete({ through, large = [] }: ShardOutcomes): boolean {
  return through === true && large.length === 0;
}

/** Sums over outcomes; they are never counted beside them. */
export interface Counters {
  readonly done: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of those that were brought. */
  readonly bytes: number;
}

export const NO_OUTCOMES: Counters = { done: 0, unchanged: 0, failed: 0, cancelled: 0, bytes: 0 };

export function counted(counters: Counters, { kind, sizeBytes = 0 }: Outcome): Counters {
  return {
    ...counters,
    [kind]: counters[kind] + 1,
    bytes: counters.bytes + (kind === 'done' ? sizeBytes : 0),
  };
}

export function total({ done, unchanged, failed, cancelled }: Counters): number {
  return done + unchanged + failed + cancelled;
}

/** Entries whose file is not at the destination: they failed, or the batch did not come to them. */
export function missing({ failed, cancelled }: Pick<Counters, 'failed' | 'cancelled'> = NO_OUTCOMES): number {
  return failed + cancelled;
}

/**
 * The outcomes of two workers of one shard as one: of an entry that both have, the one that says it is there; else the
 * first.
 */
export function merged(ours: readonly Outcome[], theirs: readonly Outcome[]): readonly Outcome[] {
  const byEntry = new Map<number, Outcome>(ours.map((outcome) => [outcome.entry, outcome]));
  for (const outcome of theirs) {
    const other = byEntry.get(outcome.entry);
    if (other === undefined || (!isThere(other) && isThere(outcome))) byEntry.set(outcome.entry, outcome);
  }
  return [...byEntry.values()];
}

/** Whether the file is at the destination. */
export function isThere({ kind }: Pick<Outcome, 'kind'>): boolean {
  return kind === 'done' || kind === 'unchanged';
}

/** Failures with one cause. */
export interface FailureGroup {
  readonly code: ErrorCode;
  readonly count: number;
  /** The first few. */
  readonly examples: readonly Outcome[];
}

const MOST_EXAMPLES = 3;

/** The same groups with one failure more; what did not fail changes nothing. */
export function grouped(groups: readonly FailureGroup[], outcome: Outcome): readonly FailureGroup[] {
  const { kind, error } = outcome;
  if (kind !== 'failed' || error === undefined) return groups;
  return withGroup(groups, { code: error.code, count: 1, examples: [outcome] });
}

/** The same groups with the failures of one more. */
export function withGroup(groups: readonly FailureGroup[], more: FailureGroup): readonly FailureGroup[] {
  const there = groups.find(({ code }) => code === more.code);
  if (there === undefined) return [...groups, more];
  const examples = [...there.examples, ...more.examples].slice(0, MOST_EXAMPLES);
  return groups.map((one) => (one === there ? { ...one, count: one.count + more.count, examples } : one));
}
