import type { Input } from '../../transfer/decide/decision.ts';
import type { BatchFinalizerMessage, FinalizerMessage } from '../../transfer/messages.ts';

/** One message of the finalizer, and what it is about. */
export type Subject =
  | { readonly transferId: string; readonly input: Input }
  | { readonly batchId: string; readonly input: BatchFinalizerMessage };

export function subjectOf(message: FinalizerMessage | BatchFinalizerMessage): Subject {
  switch (message.kind) {
    case 'tick':
      return { transferId: message.transferId, input: { kind: 'tick' } };
    case 'dead':
      return { transferId: message.task.transferId, input: message };
    case 'result':
      return { transferId: message.transferId, input: message };
    case 'dead-shard':
      return { batchId: message.task.batchId, input: message };
    default:
      return { batchId: message.batchId, input: message };
  }
}

/** Messages of one transfer, or of one batch, have one name. */
export function nameOf(subject: Subject): string {
  return 'batchId' in subject ? `batch ${subject.batchId}` : subject.transferId;
}
