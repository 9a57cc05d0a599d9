import type { StoredObject } from '../../../destinations/destination.ts';
import { PieceworkError } from '../../../errors/error.ts';
import type { Snapshot } from '../../../transfer/snapshot.ts';
import { sameVersion } from '../../../values/web/validator.ts';

/** Whether what is there was made from this version of the source, as far as the destination can tell. */
export function isUnchanged(there: StoredObject, snapshot: Snapshot): boolean {
  const isSameVersion =
    there.validator === undefined
      ? there.modifiedAt !== undefined && there.modifiedAt === snapshot.modifiedAt
      : snapshot.validator.kind !== 'none' && sameVersion(there.validator, snapshot.validator);
  return there.sizeBytes === snapshot.sizeBytes && isSameVersion;
}

export function destinationExists(name: string): PieceworkError {
  return new PieceworkError(
    'DestinationExists',
    `${name} exists already, and --if-exists is fail; choose another name, or --if-exists replace`,
    { details: { target: name } },
  );
}
