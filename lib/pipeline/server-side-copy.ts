import type { Destination } from '../destinations/destination.ts';
import { PieceworkError } from '../errors/error.ts';
import type { Source } from '../sources/source.ts';
import type { Part } from '../transfer/ledger.ts';
import type { DestinationLocator, SourceLocator } from '../transfer/locators.ts';
import type { PlanInput } from '../transfer/plan.ts';
import type { TransferRecord, UploadEntry } from '../transfer/record.ts';
import { sealedRunOf } from '../transfer/record.ts';
import type { ServerSideCopyWish } from '../transfer/request.ts';
import type { Snapshot } from '../transfer/snapshot.ts';
import type { Ports } from './ports.ts';
import { sourceNeeded } from './source-needed.ts';
import { uploadRef } from './upload-ref.ts';

/** A source and a destination: whether a store can bring one to the other by itself is an ability of both together. */
export interface Pair {
  readonly source: Source;
  readonly from: SourceLocator;
  readonly destination: Destination;
  readonly to: DestinationLocator;
  readonly snapshot: Snapshot;
}

export interface CopyAbility {
  /** For the planner; absent = every byte comes through us. */
  readonly serverSideCopy?: NonNullable<PlanInput['serverSideCopy']>;
  /** Why not, where one could have expected it. */
  readonly warning?: string;
}

/**
 * Whether the store is to copy by itself. Everything that can be known without writing is asked now; what shows only later
 * (`ServerSideCopyRefused`) has the transfer planned once more.
 * @param refusedBefore what was said then.
 * @throws PieceworkError `ServerSideCopyRefused` where it must be and can't.
 */
export async function copyAbility(
  pair: Pair,
  wish: ServerSideCopyWish,
  refusedBefore: string | undefined,
  signal: AbortSignal,
): Promise<CopyAbility> {
  if (wish === 'never') return {};
  const { source, from, destination, to, snapshot } = pair;
  const { serverSideCopy } = destination;
  const copied = await source.copySource(from);
  const isOneStore = copied !== undefined && serverSideCopy?.reaches(copied, to) === true;
  if (!isOneStore) {
    if (wish === 'always') throw mustBeCopied('source and destination are not in one and the same store');
    return {};
  }
  const because = refusedBefore ?? (await serverSideCopy.refusal(copied, snapshot, { signal }));
  if (because === undefined)
    return { serverSideCopy: { preferredPieceBytes: serverSideCopy.preferredPieceBytes, always: wish === 'always' } };
  if (wish === 'always') throw mustBeCopied(because);
  return { warning: `no server-side copy, the bytes come through here: ${because}` };
}

function mustBeCopied(because: string): PieceworkError {
  return new PieceworkError(
    'ServerSideCopyRefused',
    `a server-side copy was asked for, and it can't be: ${because}; without --server-side-copy always the bytes come through here`,
  );
}

/** The piece as a copy that the store makes. */
export async function copyPiece(
  ports: Ports,
  record: TransferRecord,
  upload: UploadEntry,
  from: SourceLocator,
  snapshot: Snapshot,
  part: { readonly number: number; readonly sizeBytes: number; readonly offset: number },
  signal: AbortSignal,
): Promise<Part> {
  const { serverSideCopy } = ports.destinations(record.request.destination);
  const copied = await ports.sources(from.url).copySource(from);
  if (serverSideCopy === undefined || copied === undefined)
    throw new PieceworkError('ServerSideCopyRefused', 'what was planned to copy by itself is no store any more');
  return await serverSideCopy.copyPart(uploadRef(record, upload), part, copied, snapshot, { signal });
}

/**
 * What only shows when all parts are in the ledger, and before they become an object: that the source is still the version that they were
 * copied from, where the store does not hold them to it; and that their checksums make its own, where it has one.
 * @throws PieceworkError `SourceChanged`, or `ServerSideCopyRefused` where the store's checksums can't be relied on.
 */
export async function proveCopied(
  ports: Ports,
  record: TransferRecord,
  snapshot: Snapshot,
  crc32: string,
  signal: AbortSignal,
): Promise<void> {
  const { serverSideCopy } = ports.destinations(record.request.destination);
  if (serverSideCopy?.pinsSource === false) {
    const from = await ports.secrets.unseal(record.id, sealedRunOf(record));
    if (from === undefined) throw sourceNeeded(record);
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
