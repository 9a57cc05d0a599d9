import type { ErrorRecord } from '../errors/error.ts';

/**
 * What the queues carry (protocol §9): tiny, versioned, and without any secret. Queues may lose, repeat and reorder
 * them; the record and the ledger decide what each is still worth.
 */
export interface PlanTask {
  readonly kind: 'plan';
  readonly v: 1;
  readonly transferId: string;
}

/** Completing can take minutes: it has a message of its own, on the plan queue. */
export interface FinishTask {
  readonly kind: 'finish';
  readonly v: 1;
  readonly transferId: string;
}

export interface PieceTask {
  readonly kind: 'piece';
  readonly v: 1;
  readonly transferId: string;
  readonly planId: string;
  readonly pieceNumber: number;
  readonly attempt: number;
}

export interface PieceResult {
  readonly kind: 'result';
  readonly v: 1;
  readonly transferId: string;
  readonly planId: string;
  readonly pieceNumber: number;
  readonly attempt: number;
  readonly outcome: 'done' | 'failed';
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly error?: ErrorRecord;
}

/** A piece whose worker kept dying: the dead letter of its task. */
export interface DeadPiece {
  readonly kind: 'dead';
  readonly v: 1;
  readonly task: PieceTask;
}

/** Look at this transfer: from the schedule, from `cancel`, from an end that has to be cleaned up later. */
export interface Tick {
  readonly kind: 'tick';
  readonly v: 1;
  readonly transferId: string;
}

export type PlannerMessage = PlanTask | FinishTask;
export type FinalizerMessage = PieceResult | DeadPiece | Tick;
