import { PieceworkError } from '../../lib/errors/error.ts';
import { batchRequest } from '../options/batch-request.ts';
import { againCommand } from '../output/batch/again.ts';
import { serverToBring } from '../remote/server/here.ts';
import type { Verb, VerbCall } from '../verb.ts';
import { showBatchPlan } from './batch-plan.ts';
import { followBatch } from './follow-batch.ts';

export const batchVerb: Verb = {
  name: 'batch',
  summary: 'bring every URL of a list into a folder or a bucket',
  description:
    'Brings each entry of LIST into DEST: whole and checked, or not at all, and tells of each what became of it. ' +
    'What is there already and has not changed is left alone. Run again after a crash or Ctrl-C, it goes on with what ' +
    'is missing. Exit code 0 only if all are there, 9 if some failed. stdout carries one line, where the report is.',
  arguments: [
    { term: '[LIST]', help: 'a file, a URL, or - for stdin: URLs, CSV, checksums, Metalink, … (docs/lists.md)' },
    { term: '[DEST]', help: 'a folder, which is made, or s3://bucket/prefix/; default: the current folder' },
  ],
  usage: 'LIST [DEST]',
  settings: 'batch',
  examples: [
    { command: 'piecework batch urls.txt /data/', what: 'one URL a line' },
    { command: 'piecework batch files.csv s3://bucket/in/', what: 'columns url, name, size, sha256, …' },
    { command: 'piecework batch -n files.csv s3://bucket/in/', what: 'what would be done, dead links, what it costs' },
    { command: 'piecework batch --per-host 4 --max-failures 5% urls.txt out/', what: 'gently, and not at any price' },
    { command: 'grep -v tmp urls.txt | piecework batch - out/ --report report.csv', what: 'from a pipe' },
  ],
  async run(call) {
    const { list, destination } = operandsOf(call);
    const request = batchRequest(list, destination, call.settings);
    if (call.settings.dryRun === true) return await showBatchPlan(call, request);
    const { signal } = call.context;
    const words = { again: againCommand(call.commandLine), destination };
    // A pipe is this process's own.
    await using client = list === '-' ? undefined : await serverToBring(call);
    if (client === undefined)
      return await followBatch(call, words, (local, onEvent) => local.batch({ ...request, onEvent }, signal));
    const { batchThere } = await import('../remote/server/batch-there.ts');
    const { batchRequestOf } = await import('../remote/submit-batch.ts');
    const asked = await batchRequestOf(list, { to: destination, isHere: true }, call.settings, signal);
    await followBatch(call, words, (_, onEvent, reporter) =>
      batchThere(call, { client, reporter, onEvent }, asked.request),
    );
  },
};

/** LIST may be given as an option, as aria2 and wget, or rclone, have it. */
function operandsOf({ arguments: operands, settings }: VerbCall): {
  readonly list: string;
  readonly destination: string;
} {
  const named = settings.inputFile ?? settings.urls;
  if (named !== undefined) {
    const [destination = '.', more] = operands;
    if (more === undefined) return { list: named, destination };
    const flag = settings.inputFile === undefined ? '--urls' : '--input-file';
    throw new PieceworkError(
      'InvalidOption',
      `${flag} gives the list, so that DEST alone may follow, and ${operands.length} were given: leave the option away, or LIST`,
    );
  }
  const [list, destination = '.'] = operands;
  if (list === undefined)
    throw new PieceworkError('InvalidOption', 'batch needs LIST, or --input-file; see piecework batch --help');
  return { list, destination };
}
