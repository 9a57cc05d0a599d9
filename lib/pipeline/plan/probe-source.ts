import type { Probe } from '../../sources/source.ts';
import { isPageInstead } from '../../transfer/checks/page-instead.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { checkExpectations, pageInstead } from '../shared/object-spec.ts';
import type { Ports } from '../shared/ports.ts';
import { checkEnd } from '../shared/proved-end.ts';

/** The first look at the source, with as much of its body as a single put could bring. */
export async function probeSource(
  ports: Ports,
  record: TransferRecord,
  locator: SourceLocator,
  signal: AbortSignal,
): Promise<Probe> {
  const firstBytes = record.withoutRanges === true ? 'all' : Math.max(1, singleMaxBytes(ports));
  return await ports.sources(locator.url).probe(locator, firstBytes, { signal });
}

/** A single put waits in one window until its bytes are proved. */
export function singleMaxBytes({ policy, windows }: Pick<Ports, 'policy' | 'windows'>): number {
  return Math.min(policy.plan.singleMaxBytes, windows.windowBytes);
}

/**
 * Holds what was seen against what the caller expects, and against what the source was before.
 * @throws PieceworkError `UnexpectedSize`, `UnexpectedType`, `EndUnproved`.
 */
export function checkProbe(record: TransferRecord, { snapshot, finalUrl }: Probe): void {
  checkExpectations(record.request, snapshot);
  checkEnd(record.request, snapshot);
  const typeBefore = record.snapshot?.contentType ?? record.typeBefore;
  if (isPageInstead(typeBefore, snapshot.contentType)) throw pageInstead(finalUrl, typeBefore, snapshot.contentType);
}

/** The same probe; disposing of the first one is enough. */
export function withWarning(probe: Probe, warning: string | undefined): Probe {
  if (warning === undefined) return probe;
  return { ...probe, snapshot: { ...probe.snapshot, warnings: [...probe.snapshot.warnings, warning] } };
}
