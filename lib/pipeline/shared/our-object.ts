import type { StoredObject } from '../../destinations/destination.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Ports } from './ports.ts';

/** The object at the destination, if it carries a token of this transfer's current upload or put (rule 11). */
export async function ourObject(
  ports: Ports,
  record: TransferRecord,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  const there = await ports.destinations(record.request.destination).head(record.request.destination, { signal });
  return there?.token !== undefined && ourTokens(record).includes(there.token) ? there : undefined;
}

export async function isOurObject(ports: Ports, record: TransferRecord, signal: AbortSignal): Promise<boolean> {
  return (await ourObject(ports, record, signal)) !== undefined;
}

function ourTokens(record: TransferRecord): readonly string[] {
  const put = record.planId === undefined ? [] : [`${record.id}.${record.planId}`];
  return record.upload === undefined ? put : [record.upload.token, ...put];
}
