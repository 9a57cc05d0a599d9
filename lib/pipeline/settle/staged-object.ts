import type { Over } from '../../transfer/record/states.ts';
import { dropStagedObject } from '../../transfer/record/transitions-uploads.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';
import { saveTransfer } from '../shared/store.ts';
import { stagingOf } from '../shared/upload-ref.ts';

/** It served its proof, and is of no use after the end. */
export async function deleteStagedObject(ports: Ports, loaded: Loaded<Over>, signal: AbortSignal): Promise<'again'> {
  const { record } = loaded;
  const { destination } = record.request;
  const staging = stagingOf(ports.destinations(destination));
  await staging.delete(staging.locate(destination, record.id), { signal });
  await saveTransfer(ports, loaded, dropStagedObject(record));
  return 'again';
}
