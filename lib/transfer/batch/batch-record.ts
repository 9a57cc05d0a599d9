import type { ErrorRecord } from '../../errors/error.ts';
import type { DestinationLocator } from '../locators.ts';
import type { IfExists, ObjectSettings } from '../request.ts';
import type { StopRules } from './stop-rules.ts';

/** `running` until each entry has its outcome and the report is written. */
export type BatchStatus = 'running' | 'completed' | 'failed' | 'cancelled';

/** One list and one folder or prefix. Holds no secret, and nothing that grows with the number of entries. */
export interface BatchRecord {
  readonly v: 1;
  /** A ULID. */
  readonly id: string;
  readonly status: BatchStatus;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. */
  readonly updatedAt: string;
  /** As it was written; without secrets. */
  readonly destination: string;
  /** A name at the destination that stands for all of it: its lock lies under that. */
  readonly place: DestinationLocator;
  readonly list: BatchList;
  readonly options: BatchOptions;
  /** Where the report is, once it is written. */
  readonly report?: string;
  /** Why it ended before its end. */
  readonly reason?: ErrorRecord;
}

export interface BatchList {
  /** Redacted. */
  readonly from: string;
  /** How it was read. */
  readonly format: string;
  /** Of its bytes, hex; of those that were read, where `limit` ended it. */
  readonly sha256: string;
  /**
   * Of its entries as they were taken: names, sources without their secrets, expectations. The same entries are the
   * same batch, also where links were signed anew.
   */
  readonly entriesSha256: string;
  /** Lines that are entries, and those that are none. */
  readonly entries: number;
  readonly shards: number;
}

/** What holds for each entry. */
export interface BatchOptions extends StopRules {
  readonly ifExists: IfExists;
  /** Tries of one entry, of all its mirrors together. */
  readonly maxAttempts: number;
  /** @default false */
  readonly strict?: boolean;
  readonly object: ObjectSettings;
}
