import { PieceworkError } from '../../errors/error.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';

export function transferNotFound(transferId: string): PieceworkError {
  return new PieceworkError(
    'TransferNotFound',
    `there is no transfer ${transferId} here; "piecework list" shows those that are`,
  );
}

export function transferEnded(record: TransferRecord): PieceworkError {
  return new PieceworkError('TransferEnded', `transfer ${record.id} has ended already: it is ${record.status}`);
}
