import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import type { Digests } from '../digests.ts';
import type { LoadPolicy } from '../loads/shape.ts';
import type { DeadPiece, PieceResult, PieceTask } from '../messages.ts';
import type { PatiencePolicy } from '../patience.ts';
import type { LedgerView } from '../plan/ledger.ts';
import type { StreamPlan } from '../plan/plan.ts';
import type { PieceworkEvent } from '../progress/events.ts';
import type { TransferResult } from '../record/record.ts';
import type { Transfer } from '../record/states.ts';
import type { BackoffPolicy } from '../retry.ts';

/** What a decision is made of and what comes out of it. Words as in docs/glossary.md. */

export interface CancelInput {
  readonly kind: 'cancel';
  readonly reason: ErrorRecord;
  /** The principal that asked for it. @default not said */
  readonly actedBy?: string;
}

export type Input =
  | PieceResult
  | DeadPiece
  /** Repair what may have been lost. `now` = nothing is in flight for certain: don't wait for the quiet time. */
  | { readonly kind: 'tick'; readonly now?: boolean }
  | CancelInput
  /** Planning, or the stream that it became, did not succeed. */
  | { readonly kind: 'unplanned'; readonly planId: string; readonly error: ErrorRecord }
  /** A stream came to its end; the plan now has its size and count. */
  | { readonly kind: 'streamed'; readonly planId: string; readonly plan: StreamPlan; readonly proved: Digests }
  | { readonly kind: 'finished'; readonly planId: string; readonly result: TransferResult }
  | {
      readonly kind: 'unfinished';
      readonly planId: string;
      readonly error: ErrorRecord;
      /** The only put of this plan was refused: nothing of it can be there. */
      readonly isRefused?: boolean;
    };

/** What was read of the source's host. */
export interface HostFacts {
  /** Pieces of this transfer that may be in flight. */
  readonly places: number;
  /** Other transfers of the host have fewer places than they could use. @default false */
  readonly isCrowded?: boolean;
  /** The source's host asked all transfers to wait until then. */
  readonly hostClosedUntil?: Instant;
}

/** What was read of the world. */
export interface Facts extends HostFacts {
  readonly ledger: 'unread' | 'gone' | LedgerView | UnreadableLedger;
  /** What a `head` for our own token said; asked only on doubt. */
  readonly object: 'unasked' | 'ours' | 'foreign';
}

/** The destination does not show its parts. */
export interface UnreadableLedger {
  readonly error: ErrorRecord;
  /** It will not show them later either. */
  readonly isRefused: boolean;
}

export type Command =
  | { readonly kind: 'sendPlan'; readonly delayMs: number }
  | { readonly kind: 'sendFinish'; readonly delayMs: number }
  | { readonly kind: 'sendPieces'; readonly tasks: readonly { readonly task: PieceTask; readonly delayMs: number }[] }
  | { readonly kind: 'closeHost'; readonly until: Instant }
  /** Clean up what the record names: uploads to abort, the end to announce, the marker to delete. */
  | { readonly kind: 'settle' }
  | { readonly kind: 'emit'; readonly event: PieceworkEvent };

/** Decide again, once the ledger is read, or once it is known whether the object there is ours. */
export interface Question {
  readonly ask: 'ledger' | 'object';
}

export interface Outcome {
  /** The same object when nothing is to be stored. */
  readonly record: Transfer;
  /** Carried out after the record was stored, never before (rule 1). */
  readonly commands: readonly Command[];
}

export type Decision = Question | Outcome;

export interface DecidePolicy extends PatiencePolicy {
  /** A tick repairs only what has been quiet for this long; doubled at each repeat. */
  readonly quietMs: number;
  readonly quietCapMs: number;
  readonly backoff: BackoffPolicy;
  /** How pieces are put together for one worker. @default each piece is sent by itself */
  readonly loads?: LoadPolicy;
}
