import type { ErrorCode } from '../errors/codes.ts';

/** What a home knows of the transfers that it runs, beyond record and ledger. A deployment knows nothing more. */
export interface Live {
  /** `undefined` = it does not run here. */
  of(transferId: string): LiveTransfer | undefined;
  /** What happened to it, the oldest first, as far as it is remembered. */
  timelineOf(transferId: string): readonly TimelineEntry[];
}

export interface LiveTransfer {
  /** Of the pieces that are done. */
  readonly doneBytes: number;
  /** With those of pieces that are not done yet. */
  readonly receivedBytes: number;
  readonly sizeBytes?: number;
  /** Of the last seconds; 0 while nothing comes. */
  readonly bytesPerSecond: number;
  readonly doneRanges: readonly (readonly [first: number, last: number])[];
  /** By number; no more than there are connections. */
  readonly inFlight: readonly LivePiece[];
}

export interface LivePiece {
  readonly pieceNumber: number;
  readonly doneBytes: number;
  readonly sizeBytes: number;
  /** `host#3`: the third of the connections to it. Absent = its bytes are here, and on their way to the destination. */
  readonly connection?: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** It is asked for once more, on another connection. */
  readonly rescue?: true;
}

export interface TimelineEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly kind: TimelineKind;
  /** For people. */
  readonly text: string;
  readonly pieceNumber?: number;
  readonly code?: ErrorCode;
  /** So often in a row; `at` and `pieceNumber` are of the last one. Absent = once. */
  readonly count?: number;
}

export const TIMELINE_KINDS = [
  'submitted',
  'planned',
  'started',
  'waiting',
  'patience',
  'retried',
  'continued',
  'rescued',
  'paused',
  'resumed',
  'restarted',
  'left',
  'finalizing',
  'completed',
  'failed',
  'cancelled',
] as const;

export type TimelineKind = (typeof TIMELINE_KINDS)[number];

/** Entries of a timeline that are kept and shown. */
export const MOST_ENTRIES = 200;

/** What a reader of the events asks for. */
export interface FeedRequest {
  /** The last one that it got. @default it gets what happens from now on */
  readonly lastEventId?: string;
  /** The pieces of this transfer, too. */
  readonly transferId?: string;
}

export interface Feed {
  /**
   * The text of server-sent events. Cancelling it is leaving.
   * @throws PieceworkError `ApiBusy`: too many read already; `Interrupted`: the home is shutting down.
   */
  open(request: FeedRequest): ReadableStream<Uint8Array>;
}
