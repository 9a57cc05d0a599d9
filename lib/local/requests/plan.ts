import { shownUrl } from '../../errors/secret-url-path.ts';
import { choosePlan } from '../../pipeline/plan/choose-plan.ts';
import { toRequest } from '../../pipeline/requests/submit.ts';
import { objectSpec } from '../../pipeline/shared/object/object-spec.ts';
import { endWarning } from '../../pipeline/shared/object/proved-end.ts';
import { newRecord } from '../../transfer/record/record.ts';
import type { CopyRequest, PlanReport } from '../api.ts';
import { completeOptions } from '../copy/check-request.ts';
import { lookAt } from '../copy/first-look.ts';
import type { Home } from '../home/home.ts';

/** What `copy` would do: the same first contact, the same checks, the same arithmetic; nothing is written. */
export async function plan(home: Home, request: CopyRequest, signal: AbortSignal): Promise<PlanReport> {
  const options = completeOptions(request.options);
  await using first = await lookAt(home, request, options, { signal, atOnce: false });
  const { probe, destination, run } = first;
  const { snapshot } = probe;
  const target = run.ports.destinations(destination);
  const source = home.sources(request.source.url);
  const pair = { source, from: request.source, destination: target, to: destination, snapshot };
  const { ranges } = snapshot;
  const { plan: divided, warning } = await choosePlan(pair, options, run.ports.policy.plan, { ranges }, signal);
  const record = {
    ...newRecord(
      'plan',
      'local',
      toRequest({ ...request, destination, object: request.object ?? {}, options }),
      home.clock.now(),
    ),
    rev: 0,
    writeId: '',
  };
  if (first.makeFolder === undefined)
    await target.check(objectSpec(record, 'plan', snapshot, divided, destination), { signal });
  const exists = first.makeFolder === undefined && (await target.head(destination, { signal })) !== undefined;
  return {
    source: shownUrl(request.source),
    finalUrl: probe.finalUrl,
    destination,
    snapshot,
    plan: divided,
    warnings: [snapshot.warnings, warning ?? [], endWarning(record.request, snapshot) ?? []].flat(),
    exists,
  };
}
