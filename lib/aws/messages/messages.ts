import { readFinalizerMessage, readPieceTask, readPlannerMessage } from '../../queues/messages.ts';
import type { TransferInput } from './batches.ts';

/** How each function reads the bodies of its queue; what it does not understand throws, and is parked. */
export const READERS = { planner: readPlannerMessage, fetcher: readPieceTask, finalizer: readFinalizerInput } as const;

/** What the schedule's rule sends. */
export interface Scheduled {
  readonly kind: 'schedule';
}

/** A message of the results queue, or a dead letter of the pieces queue, which is the task as the fetcher got it. */
function readFinalizerInput(body: string): TransferInput {
  const message = isPieceTask(body)
    ? ({ kind: 'dead', v: 1, task: readPieceTask(body) } as const)
    : readFinalizerMessage(body);
  switch (message.kind) {
    case 'tick':
      return { transferId: message.transferId, input: { kind: 'tick' } };
    case 'dead':
      return { transferId: message.task.transferId, input: message };
    case 'result':
      return { transferId: message.transferId, input: message };
  }
}

function isPieceTask(body: string): boolean {
  try {
    return (JSON.parse(body) as { kind?: unknown } | null)?.kind === 'piece';
  } catch {
    return false;
  }
}
