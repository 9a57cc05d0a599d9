import { PieceworkError } from '../../../errors/error.ts';
import { serviceFailure } from '../../../errors/foreign.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { Part } from '../../../transfer/plan/ledger.ts';
import type { PartPage } from '../../destination.ts';
import { isCode } from '../answers.ts';
import { describePlace } from '../errors.ts';
import type { Session } from '../session.ts';

interface Upload {
  readonly target: S3Locator;
  readonly id: string;
}

/** Whether a store says that it lists no parts of any upload. */
export function listsNone({ store }: Session, error: unknown): error is PieceworkError {
  if (!store.mayLackExtras || !isCode(error, 'DestinationUnsupported', 'DestinationDenied')) return false;
  const { name, status } = serviceFailure(error.cause);
  return status === 501 || status === 405 || name === 'NotImplemented' || name === 'MethodNotAllowed';
}

/**
 * What this process knows of its own upload, where the store lists nothing.
 * @throws PieceworkError `DestinationUnsupported` of an upload that another process began.
 */
export function knownParts({ learned }: Session, { target, id }: Upload, after: number): PartPage | 'gone' {
  const known = learned.upload(id);
  if (known === 'ended') return 'gone';
  if (known === undefined) {
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(target)}: the store does not list the parts of an upload, and this one was begun by another process, which alone knew them; start the copy again`,
    );
  }
  return { parts: [...known.values()].filter(({ number }) => number > after).sort((a, b) => a.number - b.number) };
}

/** With the checksum that is known here, where the store's list has none: of the very part that the list names. */
export function withKnownChecksum({ learned }: Session, { id }: Upload, part: Part): Part {
  const known = part.crc32 === undefined ? learned.upload(id) : undefined;
  const own = known === undefined || known === 'ended' ? undefined : known.get(part.number);
  const isSame = own?.crc32 !== undefined && own.sizeBytes === part.sizeBytes && own.etag === part.etag;
  return isSame ? { ...part, crc32: own.crc32 } : part;
}
