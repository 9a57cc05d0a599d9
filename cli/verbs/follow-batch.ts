import { fromErrorRecord, PieceworkError } from '../../lib/errors/error.ts';
import type { BatchEvent, BatchReport, Local } from '../../lib/index.ts';
import { localOptions } from '../options/request.ts';
import { batchReporter } from '../output/batch/reporter.ts';
import { batchSummary } from '../output/batch/summary.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { VerbCall } from '../verb.ts';

/**
 * Runs a batch with its events shown, and says how it ended. `batch` and `retry` are this.
 * @param again the command that tries again what failed
 * @throws PieceworkError why it ended early; `EntriesFailed`.
 */
export async function followBatch(
  call: VerbCall,
  again: string | undefined,
  run: (local: Local, onEvent: (event: BatchEvent) => void) => Promise<BatchReport>,
): Promise<void> {
  const report = await watched(call, run);
  const { context, settings } = call;
  if (settings.json === true) writeJson(context.stdout, { type: 'result', batch: report });
  else {
    if (settings.quiet !== true) for (const line of batchSummary(report, again)) writeLine(context.stderr, line);
    if (report.report !== undefined) writeLine(context.stdout, report.report);
  }
  const { failed, cancelled } = report.counters;
  if (report.reason !== undefined) throw fromErrorRecord(report.reason);
  if (failed + cancelled > 0)
    throw new PieceworkError(
      'EntriesFailed',
      `${failed + cancelled} of ${report.entries} entries are not there; the same command tries them again`,
    );
}

async function watched(
  { context, settings }: VerbCall,
  run: (local: Local, onEvent: (event: BatchEvent) => void) => Promise<BatchReport>,
): Promise<BatchReport> {
  using reporter = batchReporter(context, settings);
  await using local = await context.openLocal({ ...localOptions(settings), onEvent: reporter.event });
  return await run(local, reporter.batchEvent);
}
