import { PieceworkError } from '../../errors/error.ts';
import type { IdempotencyEntry, RecordKey } from '../../records/records.ts';
import type { Ports } from '../shared/ports.ts';
import { createUnlessThere } from '../shared/store.ts';

/** What a submit says of its own name. */
export interface Named {
  readonly id?: string;
  readonly idempotency?: { readonly keyHash: string; readonly requestHash: string };
}

/**
 * The id of what is submitted: with a key that was used before, that of the first submit.
 * @throws PieceworkError `Conflict` when the key stands for another request.
 */
export async function claimId(
  ports: Pick<Ports, 'records' | 'ids'>,
  { id = ports.ids.ulid(), idempotency }: Named,
  keyOf: (hash: string) => RecordKey<IdempotencyEntry>,
): Promise<{ readonly id: string; readonly isFirst: boolean }> {
  if (idempotency === undefined) return { id, isFirst: true };
  const { keyHash, requestHash } = idempotency;
  const key = keyOf(keyHash);
  const entry: IdempotencyEntry = { v: 1, transferId: id, requestHash };
  if ((await createUnlessThere(ports, key, entry)) === 'created') return { id, isFirst: true };
  const there = await ports.records.get(key);
  if (there === undefined) throw new PieceworkError('Conflict', 'the idempotency key vanished during its submit');
  if (there.value.requestHash !== requestHash) {
    throw new PieceworkError(
      'Conflict',
      `the idempotency key was used for another request (${there.value.transferId}); use a new key`,
    );
  }
  return { id: there.value.transferId, isFirst: there.value.transferId === id };
}
