import { asPieceworkError } from '../../errors/error.ts';
import { shownSource } from '../../pipeline/requests/shown-source.ts';
import type { Submission } from '../../pipeline/requests/submit.ts';
import { stated } from '../../values/stated.ts';
import { ApiError, httpStatusOf } from '../answers/problem.ts';
import { viewSnapshot } from '../answers/snapshot.ts';
import { viewPlan } from '../answers/view.ts';
import type { ApiDeps } from '../deps.ts';
import { checkDestination, checkObject, toSubmission } from '../requests/submission.ts';
import type { DryRun } from '../schemas/dry-run.ts';
import type { SubmitBody } from '../schemas/request.ts';
import { preferredOf } from '../service/preferred.ts';
import type { DryRunReport, DryRuns } from './dry-runs.ts';

/**
 * Checks a submit as `submit` does, and says what it would come to.
 * @throws PieceworkError `InvalidOption`: a deployment, whose API contacts no source; else what a submit throws, and
 * what would end the transfer (422).
 */
export async function dryRun(deps: ApiDeps, body: SubmitBody, owner: string, signal: AbortSignal): Promise<DryRun> {
  const { dryRuns, ports, machine } = deps;
  if (dryRuns === undefined) throw noDryRun();
  preferredOf(body, machine);
  const submission = toSubmission(body, owner, dryRuns.locate);
  checkObject(submission.object);
  checkDestination(ports, submission.destination, submission.options);
  await deps.checkSource(submission.source.url, submission.source);
  return view(submission, await look(dryRuns, submission, body.destination, signal));
}

/** The function of a deployment that answers has neither the code nor the right to contact a source. */
function noDryRun(): ApiError {
  const detail =
    'a deployment contacts a source only once a transfer is taken on; piecework plan URL asks it from your machine';
  return new ApiError('InvalidOption', `dryRun: ${detail}`, { errors: [{ parameter: 'dryRun', detail }] });
}

/** That the source fails is what was asked for, and no failure of this server. */
async function look(
  dryRuns: DryRuns,
  submission: Submission,
  asked: SubmitBody['destination'],
  signal: AbortSignal,
): Promise<DryRunReport> {
  try {
    return await dryRuns.look(submission, asked, signal);
  } catch (thrown) {
    const error = asPieceworkError(thrown);
    const isOurs = error.code === 'Interrupted' || httpStatusOf(error.code) === 500;
    if (isOurs || httpStatusOf(error.code) < 500) throw error;
    throw new ApiError(error.code, error.message, { status: 422, cause: error });
  }
}

function view(submission: Submission, report: DryRunReport): DryRun {
  const { finalUrl, httpStatus, snapshot, destination, exists, plan, warnings, estimate } = report;
  const source = shownSource(submission.source);
  return {
    source,
    finalUrl,
    snapshot: viewSnapshot(snapshot, source.url),
    destination: destination as DryRun['destination'],
    exists,
    plan: viewPlan(plan),
    warnings: [...new Set(warnings)],
    ...stated({ httpStatus, estimate }),
  };
}
