import type { RecordKey } from '../../records/records.ts';

/** Which transfer was the last to a destination, on one machine: that one is gone on with (protocol §1). */
export interface LastTransfer {
  readonly v: 1;
  readonly transferId: string;
  /** The destination's key once more. */
  readonly requestHash: string;
}

/**
 * It lies in the folder of the idempotency keys, as it always did, so that an older state folder is gone on with. The
 * two are hashes of different things.
 */
export function lastTransferTo(destinationKey: string): RecordKey<LastTransfer> {
  return { path: `keys/${destinationKey}` };
}
