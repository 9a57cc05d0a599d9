import { PieceworkError } from '../../errors/error.ts';
import type { Finalizing } from '../../transfer/record/states.ts';
import type { Ports } from '../shared/ports.ts';
import { unsealSource } from '../shared/source-needed.ts';

/**
 * What only shows when all parts are in the ledger, and before they become an object: that the source is still
 * the version that they were copied from, where the store does not hold them to it; and that their checksums
 * make its own, where it has one.
 * @throws PieceworkError `SourceChanged`, or `ServerSideCopyRefused` where the store's checksums can't be relied on.
 */
export async function proveCopied(ports: Ports, record: Finalizing, crc32: string, signal: AbortSignal): Promise<void> {
  const { snapshot } = record;
  const { serverSideCopy } = ports.destinations(record.request.destination);
  if (serverSideCopy?.pinsSource === false) {
    const from = await unsealSource(ports, record);
    const copied = await ports.sources(from.url).copySource(from);
    const because =
      copied === undefined ? 'it is in no store' : await serverSideCopy.refusal(copied, snapshot, { signal });
    if (because !== undefined)
      throw new PieceworkError(
        'SourceChanged',
        `${record.request.source.url} is no longer what the store copied: ${because}`,
      );
  }
  const published = snapshot.digests.crc32;
  if (published === undefined || published === crc32) return;
  throw new PieceworkError(
    'ServerSideCopyRefused',
    `what the store says of the pieces that it copied makes the crc32 ${crc32}, and it says ${published} of the source: it can't be relied on for that`,
  );
}
