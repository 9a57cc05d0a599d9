import type { GivenEntry } from '../../../lists/given-entries.ts';
import type { ListReading } from '../../../lists/options.ts';
import type { BatchOptions } from '../../../transfer/batch/batch-record.ts';
import type { Hooks } from '../../../transfer/hooks.ts';
import type { DestinationLocator, SourceLocator } from '../../../transfer/locators.ts';

/** What a deployment is asked to bring: one list to one prefix. */
export interface BatchSubmission {
  readonly owner: string;
  /** A W3C `traceparent`, where it is traced. */
  readonly trace?: string;
  readonly list: BatchListSource;
  /** How the list is read. @default recognised, and all of it */
  readonly reading?: ListReading;
  /** The prefix, as a locator: entries' names follow its `key`. */
  readonly destination: DestinationLocator;
  /** What is said of every source besides its URL. */
  readonly source?: Omit<SourceLocator, 'url'>;
  readonly options: BatchOptions;
  /** Who is notified of its end. @default whom the home names for all */
  readonly hooks?: Hooks;
  /**
   * Where the report goes, on a machine; false = none is written. @default `piecework-report-ID.jsonl` under the
   * destination
   */
  readonly reportTo?: string | false;
  /** Where something names the batch before it is there. @default a new one */
  readonly id?: string;
  /** The same key with the same request returns the first batch. */
  readonly idempotency?: { readonly keyHash: string; readonly requestHash: string };
}

export type BatchListSource =
  /** Each is checked as a line of a list is. */
  | { readonly kind: 'inline'; readonly entries: readonly GivenEntry[] }
  /** A list that is fetched once: any source that a transfer could have. */
  | { readonly kind: 'at'; readonly from: SourceLocator };

/** What is sealed until the list is read. */
export interface SealedList extends Pick<BatchSubmission, 'list' | 'reading' | 'source'> {
  readonly v: 1;
}
