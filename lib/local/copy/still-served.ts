import { PieceworkError } from '../../errors/error.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';

/**
 * Whether the version that was planned can be had although the first look saw another one: of a name with several
 * servers behind it, each may name the same bytes otherwise, and pieces are read from the one that was planned.
 */
export async function isStillServed(
  { sources }: Pick<Ports, 'sources'>,
  source: SourceLocator,
  { planned, seen }: { readonly planned: Snapshot; readonly seen: Snapshot },
  signal: AbortSignal,
): Promise<boolean> {
  const isPossible = planned.ranges && planned.validator.kind !== 'none' && planned.sizeBytes === seen.sizeBytes;
  if (!isPossible || planned.sizeBytes === 0) return false;
  try {
    await using _reader = await sources(source.url).open(source, planned, { start: 0, end: 1 }, { signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PieceworkError) return false;
    throw error;
  }
}
