import { shownUrl } from '../../errors/secret-url-path.ts';
import { choosePlan } from '../../pipeline/plan/choose-plan.ts';
import { paceOf } from '../../pipeline/plan/pace/measure-pace.ts';
import { toRequest } from '../../pipeline/requests/submit.ts';
import { endWarning } from '../../pipeline/shared/object/proved-end.ts';
import { stated } from '../../values/stated.ts';
import type { CopyRequest, OtherHome, PlanForReport } from '../api.ts';
import { completeOptions } from '../copy/check-request.ts';
import { lookAt } from '../copy/first-look.ts';
import type { Home } from '../home/home.ts';

/** What another home would do: the source is asked from here, and the destination, which may know us not, is not. */
export async function planFor(
  home: Home,
  { policy, bytesPerSecond: given }: OtherHome,
  request: CopyRequest,
  signal: AbortSignal,
): Promise<PlanForReport> {
  const options = { ...completeOptions(request.options), serverSideCopy: 'never' } as const;
  await using first = await lookAt(home, request, options, { signal, atOnce: false });
  const { probe, destination, run } = first;
  const { snapshot } = probe;
  const pair = {
    source: home.sources(request.source.url),
    from: request.source,
    destination: run.ports.destinations(destination),
    to: destination,
    snapshot,
  };
  const known = { ranges: snapshot.ranges, pace: async () => given ?? (await paceOf(run.ports, probe, signal)) };
  const { plan, bytesPerSecond } = await choosePlan(pair, options, policy, known, signal);
  const asked = toRequest({ ...request, destination, object: request.object ?? {}, options });
  return {
    source: shownUrl(request.source),
    finalUrl: probe.finalUrl,
    destination,
    snapshot,
    plan,
    warnings: [snapshot.warnings, endWarning(asked, snapshot) ?? []].flat(),
    ...stated({ bytesPerSecond }),
  };
}
