import type { PieceworkError } from '../../lib/errors/error.ts';
import { asPieceworkError } from '../../lib/errors/error.ts';
import type { CleanReport } from '../../lib/index.ts';
import { stated } from '../../lib/values/stated.ts';
import { localOptions } from '../options/request.ts';
import { placeText, writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { count } from '../output/text.ts';
import type { Verb, VerbCall } from '../verb.ts';

export const cleanVerb: Verb = {
  name: 'clean',
  summary: 'give up what was abandoned, with its uploads aborted',
  description:
    'Gives up every interrupted or failed transfer that no process works on: uploads are aborted, temporary files deleted. ' +
    'What is running is left alone.',
  arguments: [],
  settings: 'clean',
  examples: [
    { command: 'piecework clean --older-than 1d', what: 'leaves alone what is younger' },
    { command: 'piecework clean --history', what: 'forgets what has ended, too' },
  ],
  async run(call) {
    const { context, settings } = call;
    await using local = await context.openLocal(localOptions(settings));
    const { olderThan, history } = settings;
    const report = await local.clean(
      { ...(olderThan === undefined ? {} : { olderThanMs: olderThan }), ...(history === undefined ? {} : { history }) },
      context.signal,
    );
    if (settings.json === true) writeJson(context.stdout, cleanJson(report));
    else show(call, report);
    // The first of them is the command's own error; all of them have been named.
    const first = failedOf(report)[0];
    if (first !== undefined) throw asPieceworkError(first.error);
  },
};

function show({ context: { stdout, stderr }, settings }: VerbCall, report: CleanReport): void {
  const { cleaned, running, forgotten, batches } = report;
  for (const { id, request } of cleaned) {
    writeLine(stdout, `${id} ${placeText(request.destination)}`);
  }
  for (const id of batches.cleaned) writeLine(stdout, id);
  for (const { id, error } of failedOf(report)) writeLine(stderr, `${id} not cleaned: ${error.message}`);
  if (settings.quiet === true) return;
  if (running.length > 0) writeLine(stderr, `${count(running.length, 'transfer')} left alone: running`);
  writeLine(stderr, `${count(cleaned.length, 'transfer')} cleaned`);
  if (batches.cleaned.length > 0) writeLine(stderr, `${batchesText(batches.cleaned.length, 'unfinished')} given up`);
  if (settings.history !== true) return;
  writeLine(stderr, `${count(forgotten.length, 'ended transfer')} forgotten`);
  if (batches.forgotten.length > 0) writeLine(stderr, `${batchesText(batches.forgotten.length, 'ended')} forgotten`);
}

function batchesText(many: number, which: string): string {
  return `${many} ${which} ${many === 1 ? 'batch' : 'batches'}`;
}

/** Transfers and batches. */
function failedOf({ failed, batches }: CleanReport): readonly { readonly id: string; readonly error: Error }[] {
  return [
    ...failed.map(({ transferId, error }) => ({ id: transferId, error })),
    ...(batches.failed ?? []).map(({ batchId, error }) => ({ id: batchId, error })),
  ];
}

function cleanJson({ cleaned, failed, running, forgotten, batches }: CleanReport): object {
  return {
    type: 'result',
    cleaned: cleaned.map(({ id, status }) => ({ transferId: id, status })),
    failed: failed.map(({ transferId, error }) => ({ transferId, ...said(error) })),
    running,
    forgotten,
    batches: {
      ...batches,
      ...stated({ failed: batches.failed?.map(({ batchId, error }) => ({ batchId, ...said(error) })) }),
    },
  };
}

function said(error: Error): Pick<PieceworkError, 'code' | 'message'> {
  const { code, message } = asPieceworkError(error);
  return { code, message };
}
