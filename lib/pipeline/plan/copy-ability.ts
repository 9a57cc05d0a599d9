import type { Destination } from '../../destinations/destination.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Source } from '../../sources/source.ts';
import type { DestinationLocator, SourceLocator } from '../../transfer/locators.ts';
import type { PlanInput } from '../../transfer/plan/divide-pieces.ts';
import type { ServerSideCopyPreference } from '../../transfer/request.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';

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
 * Whether the store is to copy by itself. Everything that can be known without writing is asked now; what shows only
 * later (`ServerSideCopyRefused`) has the transfer planned once more.
 * @param refusedBefore what was said then.
 * @throws PieceworkError `ServerSideCopyRefused` where it must be and can't.
 */
export async function copyAbility(
  pair: Pair,
  preference: ServerSideCopyPreference,
  refusedBefore: string | undefined,
  signal: AbortSignal,
): Promise<CopyAbility> {
  if (preference === 'never') return {};
  const { source, from, destination, to, snapshot } = pair;
  const { serverSideCopy } = destination;
  const copied = await source.copySource(from);
  const isOneStore = copied !== undefined && serverSideCopy?.reaches(copied, to) === true;
  if (!isOneStore) {
    if (preference === 'always') throw mustBeCopied('source and destination are not in one and the same store');
    return {};
  }
  const because = refusedBefore ?? (await serverSideCopy.refusal(copied, snapshot, { signal }));
  if (because === undefined)
    return {
      serverSideCopy: { preferredPieceBytes: serverSideCopy.preferredPieceBytes, always: preference === 'always' },
    };
  if (preference === 'always') throw mustBeCopied(because);
  return { warning: `no server-side copy, the bytes come through here: ${because}` };
}

function mustBeCopied(because: string): PieceworkError {
  return new PieceworkError(
    'ServerSideCopyRefused',
    `a server-side copy was asked for, and it can't be: ${because}; without --server-side-copy always the bytes come through here`,
  );
}
