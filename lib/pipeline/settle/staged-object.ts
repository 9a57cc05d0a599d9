import type { Destination } from '../../destinations/destination.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { isTokenOf } from '../../transfer/record/record.ts';
import type { Over } from '../../transfer/record/states.ts';
import { dropStagedObject } from '../../transfer/record/transitions-uploads.ts';
import type { Ports } from '../shared/ports.ts';
import { saysNo } from '../shared/refusal.ts';
import type { Loaded } from '../shared/store.ts';
import { saveTransfer } from '../shared/store.ts';
import { stagingOf } from '../shared/upload-ref.ts';
import { nameLeft } from './left.ts';
import type { Wait } from './step.ts';

/** It served its proof, and is of no use after the end. What another program put in its place stays. */
export async function deleteStagedObject(
  ports: Ports,
  loaded: Loaded<Over>,
  signal: AbortSignal,
): Promise<'again' | Wait> {
  const { record } = loaded;
  const { destination: to } = record.request;
  const destination = ports.destinations(to);
  const staging = stagingOf(destination);
  const staged = staging.locate(to, record.id);
  try {
    if (await mayBeOurs(destination, staged, record.id, signal)) await staging.delete(staged, { signal });
  } catch (error) {
    const left = await nameLeft(ports, record, error, { what: 'staged object', destination, at: staged });
    if (left !== 'left') return left;
  }
  await saveTransfer(ports, loaded, dropStagedObject(record));
  return 'again';
}

/** S3 refuses a look at what is not there, where the right to list is missing: it is deleted as if it were ours. */
async function mayBeOurs(
  destination: Destination,
  staged: DestinationLocator,
  transferId: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const there = await destination.head(staged, { signal });
    return there !== undefined && isTokenOf(transferId, there.token);
  } catch (error) {
    signal.throwIfAborted();
    if (saysNo(error)) return true;
    throw error;
  }
}
