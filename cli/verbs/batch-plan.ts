import { fromErrorRecord, PieceworkError } from '../../lib/errors/error.ts';
import type { BatchRequest } from '../../lib/index.ts';
import { planLines } from '../output/batch/plan.ts';
import { failureLines } from '../output/batch/summary.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { VerbCall } from '../verb.ts';
import { watched } from './follow-batch.ts';

/** `--dry-run`: asks for each entry once, and says what would be done. Nothing is written. */
export async function showBatchPlan(call: VerbCall, request: BatchRequest): Promise<void> {
  const { context, settings } = call;
  const plan = await watched(call, (local, onEvent) => local.planBatch({ ...request, onEvent }, context.signal));
  const { failed, entries, failures, collisions, problem } = plan;
  if (settings.json === true) writeJson(context.stdout, { type: 'result', plan });
  else {
    for (const line of planLines(plan)) writeLine(context.stdout, line);
    if (settings.quiet !== true) for (const line of failureLines(failures, false)) writeLine(context.stderr, line);
  }
  if (problem !== undefined) throw fromErrorRecord(problem);
  if (collisions > 0)
    throw new PieceworkError(
      'EntriesFailed',
      `a batch would not begin: ${collisions} of ${entries} entries have a name that another one has; --on-collision number gives them names of their own, first leaves them out`,
    );
  if (failed > 0)
    throw new PieceworkError(
      'EntriesFailed',
      `${failed} of ${entries} entries could not be fetched; nothing was written`,
    );
}
