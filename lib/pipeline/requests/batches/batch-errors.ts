import { PieceworkError } from '../../../errors/error.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';

export function batchNotFound(batchId: string): PieceworkError {
  return new PieceworkError(
    'BatchNotFound',
    `there is no batch ${batchId} here; "piecework list" shows those that are`,
  );
}

/** For a cancel. */
export function batchEnded({ id, status }: Pick<BatchRecord, 'id' | 'status'>): PieceworkError {
  return new PieceworkError('BatchEnded', `batch ${id} has ended already: it is ${status}`);
}

/** For a retry. */
export function batchRunning(batchId: string): PieceworkError {
  return new PieceworkError(
    'BatchRunning',
    `batch ${batchId} is being worked on; it tries again by itself what may pass, and can be retried when it has ended`,
  );
}

/** For a retry. */
export function nothingFailed({ id, status }: Pick<BatchRecord, 'id' | 'status'>): PieceworkError {
  return new PieceworkError(
    'BatchEnded',
    `batch ${id} is ${status}, and nothing of it failed: there is nothing to retry`,
  );
}
