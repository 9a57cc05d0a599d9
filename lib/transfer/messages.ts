import type { ErrorRecord } from '../errors/error.ts';
import type { Usage } from './cost/usage.ts';
import type { PieceSet } from './plan/piece-set.ts';

/*
 * What the queues carry (protocol §9): tiny, versioned, and without any secret. Queues may lose, repeat and reorder
 * them; the record and the ledger decide what each is still worth.
 */

interface OfTransfer {
  readonly v: 1;
  readonly transferId: string;
}

interface OfBatch {
  readonly v: 1;
  readonly batchId: string;
}

export interface PlanTask extends OfTransfer {
  readonly kind: 'plan';
}

/**
 * Bring the source on one connection, in a queue of its own: a worker is at it for up to its whole life, and plans do
 * not wait behind it.
 */
export interface StreamTask extends OfTransfer {
  readonly kind: 'stream';
  /** By which it was planned: where another planning has begun since, this message is void. */
  readonly planId: string;
}

/** Completing can take minutes: it has a message of its own, on the plan queue. */
export interface FinishTask extends OfTransfer {
  readonly kind: 'finish';
}

interface OfPiece extends OfTransfer {
  readonly planId: string;
  readonly pieceNumber: number;
  readonly attempt: number;
}

export interface PieceTask extends OfPiece {
  readonly kind: 'piece';
  /** The pieces that its worker is given besides, each at its first attempt. Absent = this one alone. */
  readonly load?: { readonly number: number; readonly connections: number; readonly others: PieceSet };
}

export interface PieceResult extends OfPiece {
  readonly kind: 'result';
  readonly outcome: 'done' | 'failed';
  readonly bytes: number;
  readonly elapsedMs: number;
  /** What the worker has used for it; absent where that is not counted. */
  readonly used?: Partial<Usage>;
  readonly error?: ErrorRecord;
  /** The number of the load that it was part of. */
  readonly ofLoad?: number;
  /** Pieces of that load which its worker did not begin, and will not. */
  readonly left?: PieceSet;
}

/** A piece whose worker kept dying: the dead letter of its task. */
export interface DeadPiece {
  readonly kind: 'dead';
  readonly v: 1;
  readonly task: PieceTask;
}

/** Look at this transfer: from the schedule, from `cancel`, from an end that has to be cleaned up later. */
export interface Tick extends OfTransfer {
  readonly kind: 'tick';
}

/** Look at those in which work remains, of a part of all: more of them than one tick can look at are divided. */
export interface TickSpan {
  readonly kind: 'tick-span';
  readonly v: 1;
  /** Markers after this path, in the order of their names; absent = from the first. */
  readonly after?: string;
  /** Up to this path, with it; absent = to the last. */
  readonly through?: string;
  /** ISO 8601: of the schedule's tick. A span that is taken up only when later ticks have sent theirs is dropped. */
  readonly at: string;
}

/** Read the list of a batch, or make its next run, and begin it. */
export interface PlanBatch extends OfBatch {
  readonly kind: 'plan-batch';
}

/** Make transfers of the first large entries of a shard that have no outcome. */
export interface SubmitLarge extends OfBatch {
  readonly kind: 'submit-large';
  readonly shard: number;
  /** So many of them are to be transfers. */
  readonly most: number;
}

/** All that will be known is known: give what is open its outcome, write the report, and end the batch. */
export interface ReportBatch extends OfBatch {
  readonly kind: 'report';
}

interface OfShard extends OfBatch {
  readonly run: number;
  readonly shard: number;
  /** One more each time it is sent. */
  readonly turn: number;
}

/** Bring the entries of a shard that have no outcome. */
export interface ShardTask extends OfShard {
  readonly kind: 'shard';
  /** Connections to its host. */
  readonly places: number;
}

/** What the outcomes say has changed: they are what counts. */
export interface ShardResult extends OfShard {
  readonly kind: 'shard-result';
  readonly end: 'through' | 'given-back';
}

/** The dead letter of a shard's task: its worker kept dying. */
export interface DeadShard {
  readonly kind: 'dead-shard';
  readonly v: 1;
  readonly task: ShardTask;
}

/** Look at this batch. */
export interface BatchTick extends OfBatch {
  readonly kind: 'batch-tick';
}

/** A transfer that is an entry of a batch has ended. */
export interface LargeEnded extends OfBatch {
  readonly kind: 'large-ended';
  readonly shard: number;
  readonly entry: number;
  readonly transferId: string;
}

/** Notify one hook of one end. On a queue of its own. */
export interface NotifyTask {
  readonly kind: 'notify';
  readonly v: 1;
  /** `usual`: the webhook of the deployment. */
  readonly to: 'webhook' | 'usual' | 'task';
  /** Of the transfer or batch: its hooks are sealed under this. */
  readonly id: string;
  /** The event as docs/events.md has it; without secrets. */
  readonly detail: { readonly id: string; readonly at: string; readonly status: string };
  /** That failed so far. */
  readonly tries: number;
  /** ISO 8601: not to be tried before. */
  readonly notBefore?: string;
}

export type PlannerMessage = PlanTask | FinishTask;
export type FinalizerMessage = PieceResult | DeadPiece | Tick;

/** About batches, on the same queues. */
export type BatchPlannerMessage = PlanBatch | SubmitLarge | ReportBatch;
export type BatchFinalizerMessage = ShardResult | DeadShard | BatchTick | LargeEnded;
