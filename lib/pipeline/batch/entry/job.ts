import type { BatchEntry } from '../../../transfer/batch/entry.ts';
import type { DigestAlgorithm } from '../../../transfer/digests.ts';
import type { SourceLocator } from '../../../transfer/locators.ts';
import type { IfExists, ObjectSettings } from '../../../transfer/request.ts';
import type { HostPace } from '../host-pace.ts';
import type { SharedRead } from './reading.ts';

/** One entry to bring, from one of its mirrors. */
export interface EntryJob {
  readonly entry: BatchEntry;
  /** Which of its mirrors. */
  readonly source: SourceLocator;
  /** The same, as it may be shown. */
  readonly shown: string;
  /** Kept with the object, so that a put whose answer was lost can be settled. */
  readonly token: string;
  readonly ifExists: IfExists;
  /** Nothing was at its place when the batch began: it need not be asked for. @default it is asked for */
  readonly isPlaceEmpty?: boolean;
  readonly strict: boolean;
  readonly object: ObjectSettings;
  /** Digests that are wanted of each entry, whether they are expected or not. */
  readonly checksums: readonly DigestAlgorithm[];
  /** What was changed less long ago is not taken. @default any age */
  readonly minAgeMs?: number;
  readonly pace: HostPace;
  readonly host: string;
  /** It has its place at the host. */
  readonly started?: (entry: BatchEntry) => void;
  /** With the other entries that have the same source: what one of them has read, all have. */
  readonly shared?: SharedRead;
}
