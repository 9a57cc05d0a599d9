import type { StoredObject } from '../../../destinations/destination.ts';
import { PieceworkError } from '../../../errors/error.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import type { Ports } from '../ports.ts';
import { saysNo } from '../refusal.ts';

/** The object at the destination, if it carries a token of this transfer's current upload or put (rule 11). */
export async function ourObject(
  ports: Ports,
  record: TransferRecord,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  const there = await ports.destinations(record.request.destination).head(record.request.destination, { signal });
  return there?.token !== undefined && ourTokens(record).includes(there.token) ? there : undefined;
}

/**
 * The same after a completion that failed. When the look fails as well, nothing is known of an object of ours, and the
 * first error is the one to go on with: what it leaves in doubt is asked once more before the transfer ends (rule 12).
 */
export async function ourObjectAfterFailure(
  ports: Ports,
  record: TransferRecord,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  try {
    return await ourObject(ports, record, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PieceworkError)) throw error;
    return undefined;
  }
}

/**
 * The same where an earlier worker may have completed it.
 * @param because what left that open.
 * @throws PieceworkError `OutcomeUnknown` when the look is refused.
 */
export async function ourObjectOfEarlier(
  ports: Ports,
  record: TransferRecord,
  because: string,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  try {
    return await ourObject(ports, record, signal);
  } catch (error) {
    if (saysNo(error)) throw outcomeUnknown(ports, record, because, error);
    throw error;
  }
}

/** Whether the object is there can't be found out; who can look is the user. */
export function outcomeUnknown(
  ports: Ports,
  { request }: TransferRecord,
  because: string,
  cause: PieceworkError,
): PieceworkError {
  const target = ports.destinations(request.destination).describe(request.destination);
  return new PieceworkError(
    'OutcomeUnknown',
    `${because}; whether ${target} was stored all the same can't be found out (${cause.message}): look there yourself`,
    { cause, details: { target, lookCode: cause.code } },
  );
}

function ourTokens(record: TransferRecord): readonly string[] {
  const put = record.planId === undefined ? [] : [`${record.id}.${record.planId}`];
  return record.upload === undefined ? put : [record.upload.token, ...put];
}
