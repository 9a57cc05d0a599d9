import { redactUrl } from '../errors/redact.ts';
import { objectSpec } from '../pipeline/object-spec.ts';
import { toRequest } from '../pipeline/submit.ts';
import { planTransfer as divide } from '../transfer/plan.ts';
import { newRecord } from '../transfer/record.ts';
import type { CopyRequest, PlanReport } from './api.ts';
import { completeOptions, lookAt } from './copy.ts';
import type { Home } from './home.ts';

/** What `copy` would do: the same first contact, the same checks, the same arithmetic; nothing is written. */
export async function plan(home: Home, request: CopyRequest, signal: AbortSignal): Promise<PlanReport> {
  const options = completeOptions(request.options);
  await using first = await lookAt(home, request, options, signal);
  const { probe, destination, engine } = first;
  const { snapshot } = probe;
  const target = engine.ports.destinations(destination);
  const divided = divide({
    sizeBytes: snapshot.sizeBytes,
    ranges: snapshot.ranges,
    limits: target.limits,
    parallelism: options.parallelism,
    policy: engine.ports.policy.plan,
    ...(options.pieceSizeBytes === undefined ? {} : { pieceSizeBytes: options.pieceSizeBytes }),
  });
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
  if (first.makesFolder === undefined)
    await target.check(objectSpec(record, 'plan', snapshot, divided, false), { signal });
  const exists = first.makesFolder === undefined && (await target.head(destination, { signal })) !== undefined;
  return {
    source: redactUrl(request.source.url),
    finalUrl: probe.finalUrl,
    destination,
    snapshot,
    plan: divided,
    warnings: snapshot.warnings,
    exists,
  };
}
