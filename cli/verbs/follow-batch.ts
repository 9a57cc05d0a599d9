import { fromErrorRecord, PieceworkError } from '../../lib/errors/error.ts';
import type { BatchEvent, BatchReport, Local } from '../../lib/index.ts';
import { missing } from '../../lib/transfer/batch/outcome.ts';
import { stated } from '../../lib/values/stated.ts';
import { endCommands } from '../end-commands/end-commands.ts';
import { batchValues } from '../end-commands/variables.ts';
import { keepHeapSmallLater } from '../heap.ts';
import { localOptions, webhookOf } from '../options/request.ts';
import { notThereText } from '../output/batch/not-there.ts';
import type { BatchReporter } from '../output/batch/reporter.ts';
import { batchReporter } from '../output/batch/reporter.ts';
import { batchSummary } from '../output/batch/summary.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { VerbCall } from '../verb.ts';

/** How its end is said. */
export interface BatchWords {
  /** The command that tries again what failed. */
  readonly again: string | undefined;
  /** As it was given, for a command at the end. @default it has none */
  readonly destination?: string;
  /** What it is of. @default 'entries' */
  readonly of?: 'entries' | 'sources';
  /** For stdout: each alone on its line, so that a script can take it. @default where the report is */
  results?(report: BatchReport): readonly string[];
}

/**
 * Runs a batch with its events shown, and says how it ended. `batch`, `copy` of several and `retry` are this.
 * @throws PieceworkError why it ended early; `EntriesFailed`.
 */
export async function followBatch(
  call: VerbCall,
  {
    again,
    destination = '',
    of = 'entries',
    results = ({ report }) => (report === undefined ? [] : [report]),
  }: BatchWords,
  run: (local: Local, onEvent: (event: BatchEvent) => void, reporter: BatchReporter) => Promise<BatchReport>,
): Promise<void> {
  const { context, settings } = call;
  const commands = endCommands(context, settings);
  let report: BatchReport;
  try {
    report = await watched(call, run);
  } catch (error) {
    await commands.failed({ OF: 'batch', DESTINATION: destination }, error);
    throw error;
  }
  sayEnd(call, { again, results }, report);
  const values = batchValues(report, destination);
  const failure = failureOf(report, of);
  if (failure === undefined) return await commands.completed(values);
  await commands.failed(values, failure);
  throw failure;
}

function sayEnd(
  { context, settings }: VerbCall,
  { again, results }: Required<Pick<BatchWords, 'again' | 'results'>>,
  report: BatchReport,
): void {
  if (settings.json === true) writeJson(context.stdout, { type: 'result', batch: report });
  else {
    if (settings.quiet !== true) for (const line of batchSummary(report, again)) writeLine(context.stderr, line);
    for (const line of results(report)) writeLine(context.stdout, line);
  }
}

function failureOf({ reason, counters, entries }: BatchReport, of: 'entries' | 'sources'): PieceworkError | undefined {
  if (reason !== undefined) return fromErrorRecord(reason);
  const left = missing(counters);
  if (left === 0) return undefined;
  return new PieceworkError('EntriesFailed', `${notThereText(left, entries, of)}; the same command tries again`);
}

/** Asks this machine about a batch, with its events shown. All of that has ended before the result is there. */
export async function watched<T>(
  { context, settings }: VerbCall,
  run: (local: Local, onEvent: (event: BatchEvent) => void, reporter: BatchReporter) => Promise<T>,
): Promise<T> {
  keepHeapSmallLater();
  using reporter = batchReporter(context, settings);
  const notify = webhookOf(settings);
  await using local = await context.openLocal({
    ...localOptions(settings),
    ...stated({ notify }),
    onEvent: reporter.event,
  });
  return await run(local, reporter.batchEvent, reporter);
}
