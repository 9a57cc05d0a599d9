import { PieceworkError } from '../errors/error.ts';
import { transferNotFound } from '../pipeline/requests/transfer-errors.ts';
import type { Ports } from '../pipeline/shared/ports.ts';
import { loadTransfer } from '../pipeline/shared/store.ts';
import type { TransferRecord } from '../transfer/record/record.ts';
import { isTombstone } from '../transfer/record/record.ts';

/** Whose transfers a caller may change (retry, cancel), and whose it may see. */
export interface Ownership {
  readonly change: 'owner' | 'anyone';
  readonly read: 'owner' | 'anyone';
}

export const DEFAULT_OWNERSHIP: Ownership = { change: 'owner', read: 'anyone' };

/** Whether a caller sees this transfer. To others it is as if it did not exist. */
export type Sees = (record: TransferRecord) => boolean;

export function seesAs(caller: string, { read }: Ownership): Sees {
  return ({ owner }) => read === 'anyone' || owner === caller;
}

/**
 * Asked before anything is done for the request. What is not there is left to the use case to say. A transfer's owner
 * never changes, so nothing can come between this and the change.
 * @throws PieceworkError `NotOwner`; `TransferNotFound` where the caller may not even see it.
 */
export async function checkChange(
  ports: Pick<Ports, 'records'>,
  transferId: string,
  caller: string,
  ownership: Ownership,
): Promise<void> {
  if (ownership.change === 'anyone') return;
  const record = (await loadTransfer(ports, transferId))?.record;
  if (record === undefined || record.owner === caller) return;
  // It has no owner yet: the submit that it stands for says whose it is.
  if (isTombstone(record) || !seesAs(caller, ownership)(record)) throw transferNotFound(transferId);
  throw new PieceworkError(
    'NotOwner',
    `transfer ${transferId} belongs to another caller, and only its owner may retry or cancel it; ask the owner, or ` +
      'the operator of this deployment, who can allow it to all callers',
  );
}
