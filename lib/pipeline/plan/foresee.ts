import { asPieceworkError } from '../../errors/error.ts';
import type { Probe } from '../../sources/source.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { newRecord } from '../../transfer/record/record.ts';
import type { TransferRequest } from '../../transfer/request.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import { stated } from '../../values/stated.ts';
import { objectSpec } from '../shared/object/object-spec.ts';
import { endWarning } from '../shared/object/proved-end.ts';
import type { Ports } from '../shared/ports.ts';
import { choosePlanFor } from './choose-plan.ts';
import { measurePace, slowWarnings } from './pace/measure-pace.ts';
import { checkProbe } from './probe-source.ts';

/** What is asked about. */
export interface Asked {
  /** Whole. */
  readonly source: SourceLocator;
  /** As a record would hold it. */
  readonly request: TransferRequest;
}

/** What a transfer would be. */
export interface Foreseen {
  /** Redacted; where redirects led. */
  readonly finalUrl: string;
  readonly httpStatus?: number;
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  /** For people. */
  readonly warnings: readonly string[];
  /** Something is there already. */
  readonly exists: boolean;
  /** Of one connection to the source; absent = it was not measured. */
  readonly bytesPerSecond?: number;
}

/**
 * What `planTransfer` would come to with this answer of the source: the same checks and the same arithmetic, and
 * nothing is written. Where workers live for a bounded time, up to 4 MiB of the probe's body are read for its speed.
 * @param isMade the place is made by the transfer: that it is missing is no failure. Default: false.
 * @throws PieceworkError what would end the transfer.
 */
export async function foresee(
  ports: Ports,
  asked: Asked,
  probe: Probe,
  signal: AbortSignal,
  { isMade = false }: { readonly isMade?: boolean } = {},
): Promise<Foreseen> {
  const { source: locator, request } = asked;
  const { destination: to } = request;
  const { snapshot, finalUrl, httpStatus } = probe;
  const destination = ports.destinations(to);
  const record: TransferRecord = { ...newRecord('plan', 'plan', request, ports.clock.now()), rev: 0, writeId: '' };
  checkProbe(record, probe);
  const pair = { source: ports.sources(locator.url), from: locator, destination, to, snapshot };
  const pace = () => measurePace(ports, record, probe, signal);
  const choice = await choosePlanFor(record, pair, ports, pace, signal);
  const { plan, warning, bytesPerSecond } = choice;
  const check = async () => await destination.check(objectSpec(record, 'plan', snapshot, plan, to), { signal });
  const isPlaceThere = await isThere(check, isMade);
  const reasons = [warning, endWarning(request, snapshot)].filter((reason) => reason !== undefined);
  return {
    finalUrl,
    snapshot,
    plan,
    warnings: [...snapshot.warnings, ...reasons, ...slowWarnings(ports, record, choice)],
    exists: isPlaceThere && (await destination.head(to, { signal })) !== undefined,
    ...stated({ httpStatus, bytesPerSecond }),
  };
}

/** What is not made yet can't be checked either. */
async function isThere(check: () => Promise<void>, isMade: boolean): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (isMade && asPieceworkError(error).code === 'DestinationMissing') return false;
    throw error;
  }
}
