import { PieceworkError } from '../../errors/error.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { sealedRunOf } from '../../transfer/record/record.ts';
import type { Ports } from './ports.ts';

/** The source as it was given, whole. @throws PieceworkError `SourceNeeded` when it is not sealed here. */
export async function unsealSource(ports: Pick<Ports, 'secrets'>, record: TransferRecord): Promise<SourceLocator> {
  const source = await ports.secrets.unseal(record.id, sealedRunOf(record));
  if (source === undefined) throw sourceNeeded(record);
  return source;
}

export function sourceNeeded(record: TransferRecord): PieceworkError {
  const { url } = record.request.source;
  return new PieceworkError(
    'SourceNeeded',
    `the source ${url} is not stored whole, because it holds a secret or names a server of its own: give it again with the same command`,
  );
}
