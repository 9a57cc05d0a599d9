import { PieceworkError } from '../../../errors/error.ts';
import type { Digests } from '../../../transfer/digests.ts';
import type { TransferRequest } from '../../../transfer/request.ts';
import type { Snapshot } from '../../../transfer/snapshot.ts';
import { wantedDigests } from './object-spec.ts';

/*
 * The end of a source that only a connection's or a pipe's end marks. It is proved by its size where one is expected,
 * and by any digest of the whole: the caller's, or one that the source states itself.
 */

/** @param digests those that are proved, or will be before anything is visible. */
export function isEndUnproved(
  { options }: Pick<TransferRequest, 'options'>,
  { unprovedEnd }: Pick<Snapshot, 'unprovedEnd'>,
  digests: Digests,
): boolean {
  return unprovedEnd !== undefined && options.expect.sizeBytes === undefined && Object.keys(digests).length === 0;
}

/** What is worth saying to a person of an end that nothing will prove. */
export function endWarning(request: TransferRequest, snapshot: Snapshot): string | undefined {
  return isEndUnproved(request, snapshot, wantedDigests(request, snapshot)) ? sentence(snapshot) : undefined;
}

/** Holds the end against `strict`, before anything is written. @throws PieceworkError `EndUnproved`. */
export function checkEnd(request: TransferRequest, snapshot: Snapshot): void {
  if (request.options.strict !== true || endWarning(request, snapshot) === undefined) return;
  throw new PieceworkError(
    'EndUnproved',
    `${request.source.url}: ${sentence(snapshot)}. Nothing was stored, since --strict was given`,
  );
}

function sentence({ unprovedEnd }: Snapshot): string {
  const why =
    unprovedEnd === 'pipe'
      ? 'a pipe ends in the same way whether the program behind it is done or has failed'
      : 'the server says neither how long it is nor where it ends, and a connection that is cut looks like its end';
  return `${why}; an expected size or digest (--expect-size, --expect-sha256) would prove that all of it came`;
}
