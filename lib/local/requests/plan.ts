import { shownUrl } from '../../errors/secret-url-path.ts';
import { foresee } from '../../pipeline/plan/foresee.ts';
import type { Submission } from '../../pipeline/requests/submit.ts';
import { toRequest } from '../../pipeline/requests/submit.ts';
import type { CopyRequest, PlanReport } from '../api.ts';
import { completeOptions } from '../copy/check-request.ts';
import type { FirstLook } from '../copy/first-look.ts';
import { lookAt } from '../copy/first-look.ts';
import type { Home } from '../home/home.ts';

/** What `copy` would do: the same first contact, the same checks, the same arithmetic; nothing is written. */
export async function plan(home: Home, request: CopyRequest, signal: AbortSignal): Promise<PlanReport> {
  const options = completeOptions(request.options);
  await using first = await lookAt(home, request, options, { signal, atOnce: false });
  return await planOf(first, { source: request.source, object: request.object ?? {}, options }, signal);
}

/** The plan for what was found. */
export async function planOf(
  { probe, destination, run, makeFolder }: FirstLook,
  { source, object, options }: Pick<Submission, 'source' | 'object' | 'options'>,
  signal: AbortSignal,
): Promise<PlanReport> {
  const isMade = makeFolder !== undefined;
  const request = toRequest({ source, destination, object, options });
  const foreseen = await foresee(run.ports, { source, request }, probe, signal, { isMade });
  return { source: shownUrl(source), destination, ...foreseen };
}
