import { asPieceworkError } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import { choosePlan } from '../../pipeline/plan/choose-plan.ts';
import { toRequest } from '../../pipeline/requests/submit.ts';
import { objectSpec } from '../../pipeline/shared/object/object-spec.ts';
import { endWarning } from '../../pipeline/shared/object/proved-end.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import { newRecord } from '../../transfer/record/record.ts';
import type { ObjectSettings, TransferOptions } from '../../transfer/request.ts';
import { stated } from '../../values/stated.ts';
import type { CopyRequest, PlanReport } from '../api.ts';
import { completeOptions } from '../copy/check-request.ts';
import type { FirstLook } from '../copy/first-look.ts';
import { lookAt } from '../copy/first-look.ts';
import type { Home } from '../home/home.ts';

/** What `copy` would do: the same first contact, the same checks, the same arithmetic; nothing is written. */
export async function plan(home: Home, request: CopyRequest, signal: AbortSignal): Promise<PlanReport> {
  const options = completeOptions(request.options);
  await using first = await lookAt(home, request, options, { signal, atOnce: false });
  return await planOf(home, first, { source: request.source, object: request.object ?? {}, options }, signal);
}

interface Planned {
  readonly source: SourceLocator;
  readonly object: ObjectSettings;
  readonly options: TransferOptions;
}

/** The plan for what was found. */
export async function planOf(
  home: Home,
  first: FirstLook,
  { source, object, options }: Planned,
  signal: AbortSignal,
): Promise<PlanReport> {
  const { probe, destination, run } = first;
  const { snapshot, finalUrl, httpStatus } = probe;
  const target = run.ports.destinations(destination);
  const pair = { source: home.sources(source.url), from: source, destination: target, to: destination, snapshot };
  const { ranges } = snapshot;
  const { plan: divided, warning } = await choosePlan(pair, options, run.ports.policy.plan, { ranges }, signal);
  const record = {
    ...newRecord('plan', 'local', toRequest({ source, destination, object, options }), home.clock.now()),
    rev: 0,
    writeId: '',
  };
  const check = async () => await target.check(objectSpec(record, 'plan', snapshot, divided, destination), { signal });
  const isPlaceThere = await isThere(check, first.makeFolder !== undefined);
  return {
    source: shownUrl(source),
    finalUrl,
    ...stated({ httpStatus }),
    destination,
    snapshot,
    plan: divided,
    warnings: [snapshot.warnings, warning ?? [], endWarning(record.request, snapshot) ?? []].flat(),
    exists: isPlaceThere && (await target.head(destination, { signal })) !== undefined,
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
