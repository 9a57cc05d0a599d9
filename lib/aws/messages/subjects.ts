import type { Input } from '../../transfer/decide/decision.ts';
import type { BatchFinalizerMessage, FinalizerMessage, TickSpan } from '../../transfer/messages.ts';

/** One message of the finalizer, and what it is about. */
export type Subject =
  | { readonly transferId: string; readonly input: Input }
  | { readonly batchId: string; readonly input: BatchFinalizerMessage }
  | { readonly span: TickSpan };

export function subjectOf(message: FinalizerMessage | BatchFinalizerMessage | TickSpan): Subject {
  switch (message.kind) {
    case 'tick':
      return { transferId: message.transferId, input: { kind: 'tick' } };
    case 'dead':
      return { transferId: message.task.transferId, input: message };
    case 'result':
      return { transferId: message.transferId, input: message };
    case 'tick-span':
      return { span: message };
    case 'dead-shard':
      return { batchId: message.task.batchId, input: message };
    default:
      return { batchId: message.batchId, input: message };
  }
}

/** The id of the transfer or batch; a span of the tick is of many. */
export function idOf(subject: Subject): string | undefined {
  if ('span' in subject) return undefined;
  return 'batchId' in subject ? subject.batchId : subject.transferId;
}

/** Messages of one transfer, of one batch, or of one span have one name. */
export function nameOf(subject: Subject): string {
  if ('span' in subject) return `span after ${subject.span.after ?? ''}`;
  return 'batchId' in subject ? `batch ${subject.batchId}` : subject.transferId;
}
