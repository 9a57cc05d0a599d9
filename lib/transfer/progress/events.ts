import type { ErrorRecord } from '../../errors/error.ts';
import type { Counters } from '../batch/outcome.ts';
import type { Usage } from '../cost/usage.ts';
import type { Plan } from '../plan/plan.ts';
import type { TransferResult } from '../record/record.ts';
import type { Snapshot } from '../snapshot.ts';

/**
 * What happens, typed. Logs, metrics, the progress line and webhooks are subscribers. The events of a transfer's life
 * are sent at least once; those of a piece only to subscribers in the same process.
 */
export type TransferEvent =
  | { readonly type: 'accepted'; readonly transferId: string; readonly source: string; readonly destination: string }
  /** A failed transfer begins its next run. */
  | {
      readonly type: 'retried';
      readonly transferId: string;
      readonly run: number;
      /** Redacted; another than before, where it was given again. */
      readonly source: string;
      /** The principal that asked for it; absent on one machine. */
      readonly actedBy?: string;
    }
  | {
      readonly type: 'planned';
      readonly transferId: string;
      readonly plan: Plan;
      readonly snapshot: Snapshot;
      readonly doneThrough: number;
      readonly done: readonly number[];
    }
  /** What we may no longer clean up: a person has to. */
  | {
      readonly type: 'left';
      readonly transferId: string;
      /** `intent`: there may be an upload that no record names. */
      readonly what: 'upload' | 'staged object' | 'intent';
      /** For people. */
      readonly target: string;
      readonly uploadId?: string;
      readonly reason: ErrorRecord;
    }
  | { readonly type: 'restarted'; readonly transferId: string; readonly reason: ErrorRecord }
  | {
      readonly type: 'retrying';
      readonly transferId: string;
      readonly reason: ErrorRecord;
      readonly delayMs: number;
      /** Of planning: ISO 8601, when the first of these tries failed. */
      readonly since?: string;
      /** Of planning: that did not succeed. */
      readonly tries?: number;
    }
  | { readonly type: 'finalizing'; readonly transferId: string }
  | {
      readonly type: 'completed';
      readonly transferId: string;
      readonly run: number;
      readonly result: TransferResult;
      /** What all its runs have used of AWS; absent where that is not counted. */
      readonly used?: Usage;
    }
  | {
      readonly type: 'failed';
      readonly transferId: string;
      readonly run: number;
      readonly reason: ErrorRecord;
      readonly heldUntil?: string;
      /** As of `completed`. */
      readonly used?: Usage;
    }
  | {
      readonly type: 'cancelled';
      readonly transferId: string;
      readonly run: number;
      readonly reason: ErrorRecord;
      /** The principal that asked for the cancel, or for the run; absent on one machine. */
      readonly actedBy?: string;
      /** As of `completed`. */
      readonly used?: Usage;
    };

/** Of a batch's life, on AWS; sent at least once. */
export type BatchLifeEvent =
  | {
      /** A batch was taken on, or its next run. */
      readonly type: 'batch.accepted';
      readonly batchId: string;
      readonly run: number;
      /** Redacted. */
      readonly list: string;
      readonly destination: string;
    }
  | {
      readonly type: 'batch.completed' | 'batch.failed' | 'batch.cancelled';
      readonly batchId: string;
      readonly run: number;
      readonly entries: number;
      readonly counters: Counters;
      readonly report?: string;
      /** Why it ended before its end. */
      readonly reason?: ErrorRecord;
    };

/** What happens around a transfer on one machine, before it has an id or between two runs. */
export type HomeEvent =
  | { readonly type: 'probe.retrying'; readonly source: string; readonly reason: ErrorRecord; readonly delayMs: number }
  | {
      readonly type: 'resuming';
      readonly transferId: string;
      readonly doneCount: number;
      readonly pieceCount: number;
      readonly doneBytes: number;
      /** Redacted: where another source than before was given. */
      readonly source?: string;
    }
  /** An unfinished transfer to the same destination is given up; `because` says what is different. */
  | { readonly type: 'superseded'; readonly transferId: string; readonly because: string }
  | { readonly type: 'warning'; readonly message: string };

export type PieceEvent =
  | {
      readonly type: 'piece.started';
      readonly transferId: string;
      readonly pieceNumber: number;
      readonly attempt: number;
      readonly bytes: number;
    }
  | {
      readonly type: 'piece.progress';
      readonly transferId: string;
      readonly pieceNumber: number;
      readonly bytes: number;
    }
  /**
   * It is much slower than its siblings: what it lacks is asked for once more, on another connection (`straggler.ts`).
   */
  | {
      readonly type: 'piece.rescued';
      readonly transferId: string;
      readonly pieceNumber: number;
      /** What it lacks, and at most fetches twice. */
      readonly restBytes: number;
      /** How long its bytes have been waited for. */
      readonly afterMs: number;
    }
  /** Its connection broke: what had come is kept, and the rest is asked for on another one. */
  | {
      readonly type: 'piece.continued';
      readonly transferId: string;
      /** Absent = of a body that is read in planning: a single put, a stream. */
      readonly pieceNumber?: number;
      readonly restBytes: number;
      readonly delayMs: number;
      readonly error: ErrorRecord;
    }
  | {
      readonly type: 'piece.done';
      readonly transferId: string;
      readonly pieceNumber: number;
      readonly bytes: number;
      readonly elapsedMs: number;
      /** The store copied it: none of its bytes passed through us. */
      readonly serverSideCopy?: true;
    }
  | {
      readonly type: 'piece.failed';
      readonly transferId: string;
      readonly pieceNumber: number;
      readonly attempt: number;
      readonly error: ErrorRecord;
    }
  | {
      readonly type: 'piece.requeued';
      readonly transferId: string;
      readonly pieceNumber: number;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: ErrorRecord;
    };

export type PieceworkEvent = TransferEvent | PieceEvent | HomeEvent | BatchLifeEvent;
