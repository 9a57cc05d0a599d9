import { PieceworkError } from '../../errors/error.ts';

/**
 * The transfer goes on without this worker, or is over: it was cancelled, or another worker took over. What this one
 * has begun no longer counts. To callers it has the code of a lost swap, `Conflict`, since both end the same way for
 * them; but a lost swap is tried again with what is there now, and this is not.
 */
export class TakenOver extends PieceworkError {
  constructor(id: string, kind: 'transfer' | 'shard' = 'transfer') {
    super('Conflict', `${kind} ${id} goes on without this worker`);
  }
}

/** The record was written by another worker in between: read again, decide again. */
export function isLostSwap(error: unknown): boolean {
  return error instanceof PieceworkError && error.code === 'Conflict' && !(error instanceof TakenOver);
}
