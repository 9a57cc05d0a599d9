import type { UploadRef } from '../../destinations/destination.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { stagingLocator } from '../../transfer/locators.ts';
import type { TransferRecord, UploadEntry } from '../../transfer/record/record.ts';

/** Where the upload's object will appear: the destination itself, or its staging key. */
export function uploadTarget(record: TransferRecord, upload: UploadEntry): DestinationLocator {
  const { destination } = record.request;
  return upload.staged === true ? stagingLocator(destination, record.id) : destination;
}

export function uploadRef(record: TransferRecord, upload: UploadEntry): UploadRef {
  return { target: uploadTarget(record, upload), id: upload.id, token: upload.token };
}
