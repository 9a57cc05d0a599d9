import { PieceworkError } from '../../errors/error.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';

export function sourceNeeded(record: TransferRecord): PieceworkError {
  const { url } = record.request.source;
  return new PieceworkError(
    'SourceNeeded',
    `the source ${url} is not stored whole, because it holds a secret or names a server of its own: give it again with the same command`,
  );
}
