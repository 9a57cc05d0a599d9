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

/** Read the list of a batch, or make its next run, and begin it. */
export interface PlanBatch {
  readonly kind: 'plan-batch';
  readonly v: 1;
  readonly batchId: string;
}

/** Make transfers of the first large entries of a shard that have no outcome. */
export interface SubmitLarge {
  readonly kind: 'submit-large';
  readonly v: 1;
  readonly batchId: string;
  readonly shard: number;
  /** So many of them are to be transfers. */
  readonly most: number;
}

/** All that will be known is known: give what is open its outcome, write the report, and end the batch. */
export interface ReportBatch {
  readonly kind: 'report';
  readonly v: 1;
  readonly batchId: string;
}

/** Bring the entries of a shard that have no outcome. */
export interface ShardTask {
  readonly kind: 'shard';
  readonly v: 1;
  readonly batchId: string;
  readonly run: number;
  readonly shard: number;
  /** One more each time it is sent. */
  readonly turn: number;
  /** Connections to its host. */
  readonly places: number;
}

/** What the outcomes say has changed: they are what counts. */
export interface ShardResult {
  readonly kind: 'shard-result';
  readonly v: 1;
  readonly batchId: string;
  readonly run: number;
  readonly shard: number;
  readonly turn: number;
  readonly end: 'through' | 'given-back';
}

/** The dead letter of a shard's task: its worker kept dying. */
export interface DeadShard {
  readonly kind: 'dead-shard';
  readonly v: 1;
  readonly task: ShardTask;
}

/** Look at this batch. */
export interface BatchTick {
  readonly kind: 'batch-tick';
  readonly v: 1;
  readonly batchId: string;
}

/** A transfer that is an entry of a batch has ended. */
export interface LargeEnded {
  readonly kind: 'large-ended';
  readonly v: 1;
  readonly batchId: string;
  readonly shard: number;
  readonly entry: number;
  readonly transferId: string;
}

export type PlannerMessage = PlanTask | FinishTask;
export type FinalizerMessage = PieceResult | DeadPiece | Tick;

/** About batches, on the same queues. */
export type BatchPlannerMessage = PlanBatch | SubmitLarge | ReportBatch;
export type BatchFinalizerMessage = ShardResult | DeadShard | BatchTick | LargeEnded;
