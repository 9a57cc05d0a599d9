import type { Destination, StagingProof, UploadRef } from '../../destinations/destination.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { TransferRecord, UploadEntry } from '../../transfer/record/record.ts';
import { tokenOf } from '../../transfer/record/record.ts';

/** Where the upload's object will appear: the destination itself, or its staging place. */
export function uploadTarget(
  destination: Destination,
  { id, request }: TransferRecord,
  { staged }: Pick<UploadEntry, 'staged'>,
): DestinationLocator {
  return staged === true ? stagingOf(destination).locate(request.destination, id) : request.destination;
}

export function uploadRef(destination: Destination, record: TransferRecord, upload: UploadEntry): UploadRef {
  return { target: uploadTarget(destination, record, upload), id: upload.id, token: upload.token };
}

/** What a single put may have left is known by its token. */
export function putRef({ id, planId, request }: TransferRecord & { readonly planId: string }): UploadRef {
  return { target: request.destination, id: '', token: tokenOf(id, planId) };
}

/** Of a destination that the record has a staged upload or object at. */
export function stagingOf({ proof }: Pick<Destination, 'proof'>): StagingProof {
  if (proof.kind === 'staging') return proof;
  throw new PieceworkError('Internal', 'the record has a staged object, and this destination stages none');
}
