import { PieceworkError } from '../../errors/error.ts';
import type { Probe } from '../../sources/source.ts';
import { isPageInstead } from '../../transfer/checks/page-instead.ts';
import { standsIn } from '../../transfer/checks/stand-in.ts';
import { isOnLadder } from '../../transfer/decide/ladder.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOneStream } from '../../transfer/record/record.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import { checkExpectations, pageInstead } from '../shared/object/object-spec.ts';
import { checkEnd } from '../shared/object/proved-end.ts';
import type { Ports } from '../shared/ports.ts';

/** The first look at the source, with as much of its body as a single put could bring. */
export async function probeSource(
  ports: Ports,
  record: TransferRecord,
  locator: SourceLocator,
  signal: AbortSignal,
): Promise<Probe> {
  const firstBytes = isOneStream(record) ? 'all' : Math.max(1, singleMaxBytes(ports));
  return await ports.sources(locator.url).probe(locator, firstBytes, { signal });
}

/** A single put waits in one window until its bytes are proved. */
export function singleMaxBytes({ policy, windows }: Pick<Ports, 'policy' | 'windows'>): number {
  return Math.min(policy.plan.singleMaxBytes, windows.windowBytes);
}

/**
 * Holds what was seen against what the caller expects, and against what the source was before.
 * @throws PieceworkError `UnexpectedSize`, `UnexpectedType`, `BodyEncoded`, `EndUnproved`.
 */
export function checkProbe(record: TransferRecord, { snapshot, finalUrl }: Probe): void {
  if (isOnLadder(record)) checkStandIn(record, snapshot, finalUrl);
  checkExpectations(record.request, snapshot);
  checkEnd(record.request, snapshot);
  const typeBefore = record.snapshot?.contentType ?? record.typeBefore;
  if (isPageInstead(typeBefore, snapshot.contentType)) throw pageInstead(finalUrl, typeBefore, snapshot.contentType);
}

/** A restart takes nothing for the file that only stands in its place. */
function checkStandIn(record: TransferRecord, snapshot: Snapshot, finalUrl: string): void {
  const was = record.snapshot ?? record.versionBefore;
  if (was === undefined) return;
  const codings = [was, snapshot].map(({ contentEncoding }) => contentEncoding ?? 'identity');
  if (codings[0] !== codings[1])
    throw new PieceworkError(
      'BodyEncoded',
      `${finalUrl} had the content coding ${codings[0]}, and has ${codings[1]} now`,
    );
  const why = standsIn(was, snapshot, isOneStream(record));
  if (why !== undefined) throw new PieceworkError('UnexpectedType', `${finalUrl} ${why}`);
}

/** Says to a person why everything comes over one connection, or over fewer than were asked for. */
export function ladderWarning({ oneStream, narrowedTo, waiting }: TransferRecord): string | undefined {
  if (oneStream === undefined) {
    if (narrowedTo === undefined) return undefined;
    const most = narrowedTo === 1 ? 'one connection' : `${narrowedTo} connections`;
    const why = waiting === undefined ? '' : `: ${waiting.reason.message}`;
    return `it is brought over ${most} at a time, since the source turned away some of more${why}`;
  }
  return `all of it is brought in one answer, over one connection, since the source contradicted itself: ${oneStream.message}`;
}

/** The same probe; disposing of the first one is enough. */
export function withWarning(probe: Probe, warning: string | undefined): Probe {
  if (warning === undefined) return probe;
  return { ...probe, snapshot: { ...probe.snapshot, warnings: [...probe.snapshot.warnings, warning] } };
}
