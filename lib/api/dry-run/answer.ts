import type { ErrorCode } from '../../errors/codes.ts';
import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import { shownSource } from '../../pipeline/requests/shown-source.ts';
import type { Submission } from '../../pipeline/requests/submit.ts';
import { planCost } from '../../transfer/cost/plan-cost.ts';
import type { Workers } from '../../transfer/cost/workers.ts';
import { stated } from '../../values/stated.ts';
import { ApiError, httpStatusOf } from '../answers/problem.ts';
import { viewSnapshot } from '../answers/snapshot.ts';
import { viewPlan } from '../answers/view.ts';
import type { ApiDeps } from '../deps.ts';
import { checkDestination, checkObject, toSubmission } from '../requests/submission.ts';
import type { DryRun } from '../schemas/dry-run.ts';
import type { SubmitBody } from '../schemas/request.ts';
import { pauseOf } from '../service/pause.ts';
import { preferredOf } from '../service/preferred.ts';
import type { DryRunReport, DryRuns } from './dry-runs.ts';

/** A look at a source is over by then: API Gateway waits for 29 s. */
const LONGEST_MS = 29_000;

/**
 * Checks a submit as `submit` does, and says what it would come to.
 * @throws PieceworkError `InvalidOption`: this home does not say it; `ApiBusy`: too many wait here;
 * `HomeUnavailable`: it is paused, or can't look now; else what a submit throws, and what would end the transfer (422).
 */
export async function dryRun(deps: ApiDeps, body: SubmitBody, owner: string, signal: AbortSignal): Promise<DryRun> {
  const { dryRuns, ports, machine } = deps;
  if (dryRuns === undefined) throw noDryRun();
  preferredOf(body, machine);
  const submission = toSubmission(body, owner, dryRuns.locate);
  checkObject(submission.object);
  checkDestination(ports, submission.destination, submission.options);
  await deps.checkSource(submission.source.url, submission.source);
  const { paused, pausedBecause: because } = await pauseOf(deps);
  // No source is asked then. A submit is kept, and waits.
  if (paused) throw new PieceworkError('HomeUnavailable', `this deployment is paused${because ? `: ${because}` : ''}`);
  await using place = await placeOf(deps);
  if (place === undefined)
    throw new PieceworkError('ApiBusy', 'too many requests wait here for an answer; ask again in some seconds');
  const report = await look(dryRuns, submission, body.destination, signal);
  return view(submission, report, deps.workers);
}

/** It waits as requests for a change do. */
async function placeOf({ waits }: Pick<ApiDeps, 'waits'>): Promise<AsyncDisposable | undefined> {
  return waits === undefined ? { [Symbol.asyncDispose]: async () => undefined } : await waits.borrow(LONGEST_MS);
}

function noDryRun(): ApiError {
  const detail = 'this deployment looks at no source before a submit; piecework plan URL asks it from your machine';
  return new ApiError('InvalidOption', `dryRun: ${detail}`, { errors: [{ parameter: 'dryRun', detail }] });
}

const OURS: ReadonlySet<string> = new Set<ErrorCode>(['Interrupted', 'HomeUnavailable']);

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
    const isOurs = OURS.has(error.code) || httpStatusOf(error.code) === 500;
    if (isOurs || httpStatusOf(error.code) < 500) throw error;
    throw new ApiError(error.code, error.message, { status: 422, cause: error });
  }
}

function view(submission: Submission, report: DryRunReport, workers: Workers | undefined): DryRun {
  const { finalUrl, httpStatus, snapshot, destination, exists, plan, warnings } = report;
  const source = shownSource(submission.source);
  return {
    source,
    finalUrl,
    snapshot: viewSnapshot(snapshot, source.url),
    destination: destination as DryRun['destination'],
    exists,
    plan: viewPlan(plan),
    warnings: [...new Set(warnings)],
    ...stated({ httpStatus, estimate: report.estimate }),
    ...(workers === undefined ? {} : viewCost(submission, report, workers)),
  };
}

/** Of a deployment: what it costs, and how long it takes where that was measured. */
function viewCost(
  { options: { parallelism } }: Submission,
  { plan, connectionBytesPerSecond: bytesPerSecond }: DryRunReport,
  workers: Workers,
): Pick<DryRun, 'cost' | 'estimate'> {
  const { cost, seconds } = planCost(plan, { workers, parallelism, ...stated({ bytesPerSecond }) });
  const { dollars, items, notIncluded, prices } = cost;
  const shown = { dollars, items: items.map((item) => ({ ...item })), notIncluded: [...notIncluded], prices };
  if (bytesPerSecond === undefined || seconds === undefined || plan.sizeBytes === undefined) return { cost: shown };
  const rate = Math.round(plan.sizeBytes / Math.max(1, seconds));
  return { cost: shown, estimate: { bytesPerSecond: rate, seconds: Math.ceil(seconds) } };
}
