import type { ErrorRecord } from '../../errors/error.ts';
import type { GivenEntry } from '../../lists/given-entries.ts';
import type { ListReading } from '../../lists/options.ts';
import type { BatchView } from '../../pipeline/requests/batches/batch-view.ts';
import type { BatchRecord, BatchStatus, LargeOptions } from '../../transfer/batch/batch-record.ts';
import type { Counters, FailureGroup, Outcome } from '../../transfer/batch/outcome.ts';
import type { FailureLimit } from '../../transfer/batch/stop-rules.ts';
import type { DigestAlgorithm } from '../../transfer/digests.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { IfExists, ObjectSettings } from '../../transfer/request.ts';

export interface BatchRequest {
  /** This, or `entries`. */
  readonly list?: ListInput;
  /** In place of a list; read once, to its end. `file:` URLs are allowed among them. */
  readonly entries?: Iterable<GivenEntry> | AsyncIterable<GivenEntry>;
  /** A folder, which is made, or `s3://bucket/prefix/`. */
  readonly destination: string;
  /** What is said of every source besides its URL. */
  readonly source?: Omit<SourceLocator, 'url'>;
  readonly object?: ObjectSettings;
  readonly options?: Partial<BatchRequestOptions>;
  /**
   * Where the report goes: a path, JSON lines, or CSV where it ends with `.csv`; false = none.
   * @default `piecework-report-ID.jsonl` at the destination
   */
  readonly report?: string | false;
  /** What happens, in order, as it happens; must not throw. */
  readonly onEvent?: (event: BatchEvent) => void;
}

/** Where the list is: read once, to its end, before the first entry is asked for. */
export interface ListInput extends Omit<ListReading, 'format'> {
  /** A path, a URL that can be copied from, or `-` for stdin. */
  readonly from: string;
  /** @default recognised by name and content */
  readonly format?: string;
  /** Where it has a URL: what is said of it besides that. @default what is said of every source */
  readonly source?: Omit<SourceLocator, 'url'>;
}

export interface BatchRequestOptions {
  /** @default 'if-changed' */
  readonly ifExists: IfExists;
  /** Connections in all. @default 16 */
  readonly parallelism: number;
  /** Requests to one host at a time. @default as `parallelism` */
  readonly perHost: number;
  /** Requests to one host begun in a minute. @default any number */
  readonly perHostPerMinute?: number;
  /** Tries of one entry that fail, before it has failed. @default 5 */
  readonly maxAttempts: number;
  /** Waits for a host that asks for patience and gives no byte. @default 15 min */
  readonly maxWaitMs: number;
  /** Of entries that are transfers of their own. */
  readonly large?: LargeOptions;
  /** Failed entries that are borne before the batch gives up. @default any number */
  readonly maxFailures?: FailureLimit;
  /** @default no end */
  readonly maxDurationMs?: number;
  /** An end that nothing proves is an error. @default false */
  readonly strict: boolean;
  /**
   * Digests of each entry: in the report, and in `SHA256SUMS` (`MD5SUMS`, …) beside it, as `sha256sum -c` takes it.
   * @default none
   */
  readonly checksums: readonly DigestAlgorithm[];
  /**
   * What its source changed less long ago is taken later, once it is old enough, and fails with `SourceTooYoung` where
   * it does not become so within `maxWaitMs`. @default any age
   */
  readonly minAgeMs?: number;
}

export type BatchEvent =
  /** The list was read. `goesOn`: with what an earlier run of the same batch left. */
  | {
      readonly type: 'batch.listed';
      readonly batchId: string;
      readonly entries: number;
      /** How the list was read, and why so. */
      readonly format: string;
      readonly because: string;
      readonly goesOn: boolean;
      /** What was passed over in the list. */
      readonly notes: readonly string[];
    }
  /** An entry has its place at its host, and is asked for; again with each try. */
  | { readonly type: 'batch.started'; readonly entry: number; readonly name: string }
  /** `isKnown`: of an earlier run. */
  | { readonly type: 'batch.outcome'; readonly outcome: Outcome; readonly isKnown: boolean };

export interface BatchReport {
  readonly batchId: string;
  readonly status: BatchStatus;
  readonly entries: number;
  readonly counters: Counters;
  /** Failures by their cause, the most frequent first. */
  readonly failures: readonly FailureGroup[];
  /** Where the report is. */
  readonly report?: string;
  /** Where the lists of checksums are. */
  readonly checksums?: readonly string[];
  /** Why it ended before its end. */
  readonly reason?: ErrorRecord;
  /** Of this run. */
  readonly elapsedMs: number;
}

/**
 * A batch that is under way: awaited, its report; iterated over, the outcomes as they come, of earlier runs, too. To
 * leave the loop early does not stop the batch: its signal does.
 */
export type BatchRun = Promise<BatchReport> & AsyncIterable<Outcome>;

/** One batch as `list` shows it. */
export interface LocalBatch {
  readonly record: BatchRecord;
  /** A process on this machine is at work on it. An open batch that is not running was interrupted, or is paused. */
  readonly isRunning: boolean;
  /** It was paused in a server: that goes on with it when it is resumed. Absent = it was not. */
  readonly isPaused?: true;
}

/** One batch as `status` shows it. */
export interface LocalBatchStatus extends LocalBatch, BatchView {
  /** Ids of the transfers that large entries are, as far as they have not ended. */
  readonly openTransfers: readonly string[];
  /**
   * Something is missing, no process works on it, and `retryBatch` can't bring it, since the list was not stored as a
   * whole: its URLs hold secrets, or it was not read to its end. The same `batch` again goes on with it.
   * @default false
   */
  readonly needsList?: boolean;
}

/** Ids of batches that are gone now. */
export interface CleanedBatches {
  /** Interrupted ones that were given up. What they had brought stays. */
  readonly cleaned: readonly string[];
  /** Ended ones. */
  readonly forgotten: readonly string[];
  /** What could not be cleaned, and why. Absent = there is none. */
  readonly failed?: readonly { readonly batchId: string; readonly error: Error }[];
}
