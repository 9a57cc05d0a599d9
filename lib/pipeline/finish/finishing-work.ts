import type { Destination, Stored } from '../../destinations/destination.ts';
import type { FinalizingUpload } from '../../transfer/record/states.ts';
import { ourObjectAfterFailure } from '../shared/object/our-object.ts';
import type { Ports } from '../shared/ports.ts';

/** What the steps of one completion share. */
export interface FinishingWork {
  readonly ports: Ports;
  readonly record: FinalizingUpload;
  readonly destination: Destination;
  readonly signal: AbortSignal;
}

/** Any doubt about a completion is settled by asking for our own token (rule 11). */
export async function orOurs(
  { ports, record, signal }: FinishingWork,
  complete: () => Promise<Stored>,
): Promise<Stored> {
  try {
    return await complete();
  } catch (error) {
    signal.throwIfAborted();
    const ours = await ourObjectAfterFailure(ports, record, signal);
    if (ours === undefined) throw error;
    return ours;
  }
}
