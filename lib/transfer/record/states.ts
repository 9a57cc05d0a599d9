import type { ErrorRecord } from '../../errors/error.ts';
import type { PiecesPlan, SinglePlan, StreamPlan } from '../plan/plan.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Ending, TransferRecord, TransferResult, UploadEntry } from './record.ts';

// A record with what its status makes certain: `narrow` gives it for what is stored, a transition for what is to be.

export interface Accepted extends TransferRecord {
  readonly status: 'accepted';
}

/** Without a plan id since it started over, until the next planner takes it. */
export interface Planning extends TransferRecord {
  readonly status: 'planning';
}

/** A planner is at work. */
export interface BeingPlanned extends Planning {
  readonly planId: string;
}

export interface Transferring<P extends PiecesPlan | StreamPlan = PiecesPlan | StreamPlan> extends TransferRecord {
  readonly status: 'transferring';
  readonly plan: P;
  readonly planId: string;
  readonly snapshot: Snapshot;
  readonly upload: UploadEntry;
}

/** All parts are in the upload. */
export interface FinalizingUpload extends TransferRecord {
  readonly status: 'finalizing';
  readonly plan: PiecesPlan | StreamPlan;
  readonly planId: string;
  readonly snapshot: Snapshot;
  readonly upload: UploadEntry;
}

/** The whole object is sent at once, without an upload: only a look at the destination tells whether it arrived. */
export interface FinalizingPut extends TransferRecord {
  readonly status: 'finalizing';
  readonly plan: SinglePlan;
  readonly planId: string;
  readonly snapshot: Snapshot;
}

export type Finalizing = FinalizingUpload | FinalizingPut;

/** On its way out of `finalizing` without success. */
export type LeavingFinalizing = Finalizing & { readonly ending: Ending };

export interface Completed extends TransferRecord {
  readonly status: 'completed';
  readonly planId: string;
  readonly result: TransferResult;
}

export interface Failed extends TransferRecord {
  readonly status: 'failed';
  readonly reason: ErrorRecord;
}

export interface Cancelled extends TransferRecord {
  readonly status: 'cancelled';
  readonly reason: ErrorRecord;
}

export type Open = Accepted | Planning | Transferring | Finalizing;
export type Over = Completed | Failed | Cancelled;
export type Transfer = Open | Over;

export function isInPieces(record: Transferring): record is Transferring<PiecesPlan> {
  return record.plan.mode === 'pieces';
}

export function isStream(record: Transferring): record is Transferring<StreamPlan> {
  return record.plan.mode === 'stream';
}

export function isPut(record: Finalizing): record is FinalizingPut {
  return record.plan.mode === 'single';
}

export function isLeaving(record: Finalizing): record is LeavingFinalizing {
  return record.ending !== undefined;
}
