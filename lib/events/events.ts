import type { BatchRecord } from '../transfer/batch/batch-record.ts';
import type { Hooks } from '../transfer/hooks.ts';
import type { BatchLifeEvent, PieceworkEvent, TransferEvent } from '../transfer/progress/events.ts';
import type { TransferRecord } from '../transfer/record/record.ts';

/** Where events go. Emitting never fails and never waits for a subscriber in the data path. */
export interface Events {
  emit(event: PieceworkEvent): Promise<void>;
}

export type TransferEnd = Extract<TransferEvent, { readonly type: 'completed' | 'failed' | 'cancelled' }>;
export type BatchEnd = Exclude<BatchLifeEvent, { readonly type: 'batch.accepted' }>;

/** Sends an end to the hooks that the caller named for it. What becomes of that changes no end. */
export interface Notifications {
  /** Keeps them sealed, before a record names them. Replaces what is there. */
  keep(id: string, hooks: Hooks): Promise<void>;
  /** Resolves when it is certain to be sent, whatever becomes of this process. At least once, as every end. */
  send(...end: readonly [TransferEnd, TransferRecord] | readonly [BatchEnd, BatchRecord]): Promise<void>;
}
