import type { ListOptions } from '../../../lists/options.ts';
import type { BatchOptions } from '../../../transfer/batch/batch-record.ts';
import type { Digests } from '../../../transfer/digests.ts';
import type { DestinationLocator, SourceLocator } from '../../../transfer/locators.ts';

/** What a deployment is asked to bring: one list to one prefix. */
export interface BatchSubmission {
  readonly owner: string;
  readonly list: BatchListSource;
  /** How the list is read. @default recognised, and all of it */
  readonly reading?: ListReading;
  /** The prefix, as a locator: entries' names follow its `key`. */
  readonly destination: DestinationLocator;
  /** What is said of every source besides its URL. */
  readonly source?: Omit<SourceLocator, 'url'>;
  readonly options: BatchOptions;
  /** Its name under the destination; false = none is written. @default `piecework-report-ID.jsonl` */
  readonly reportTo?: string | false;
  /** Where something names the batch before it is there. @default a new one */
  readonly id?: string;
  /** The same key with the same request returns the first batch. */
  readonly idempotency?: { readonly keyHash: string; readonly requestHash: string };
}

export type BatchListSource =
  | { readonly kind: 'inline'; readonly entries: readonly BatchEntryInput[] }
  /** A list that is fetched once: any source that a transfer could have. */
  | { readonly kind: 'at'; readonly from: SourceLocator };

/** An entry as it is given in a request. It is checked as a line of a list is. */
export interface BatchEntryInput {
  /** Mirrors of one file, the best first. */
  readonly sources: readonly string[];
  /** @default the last segment of the URL */
  readonly name?: string;
  readonly sizeBytes?: number;
  readonly digests?: Digests;
  /** Sent with every request for it. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of a list that are data. They may hold secrets, as templates of URLs do. */
export type ListReading = Pick<
  ListOptions,
  | 'format'
  | 'base'
  | 'url'
  | 'name'
  | 'items'
  | 'columns'
  | 'family'
  | 'suffix'
  | 'include'
  | 'exclude'
  | 'limit'
  | 'onCollision'
>;

/** What is sealed until the list is read. */
export interface SealedList extends Pick<BatchSubmission, 'list' | 'reading' | 'source'> {
  readonly v: 1;
}
