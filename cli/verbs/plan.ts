import type { CopyRequest } from '../../lib/index.ts';
import { describeDestination } from '../../lib/local/destinations/kinds.ts';
import { copyRequest, localOptions } from '../options/request.ts';
import { writePlan } from '../output/plan.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { findThere, PLAN_THERE_EXTRAS, showPlanThere } from '../remote/plan-there.ts';
import type { Verb, VerbCall } from '../verb.ts';

export const planVerb: Verb = {
  name: 'plan',
  summary: 'ask the source, and say what copy would do',
  description:
    'Asks the source once and shows what copy would do. Nothing is written, at the source or anywhere. With --stack, --api ' +
    'or --on-aws it shows what a deployment would do, asking the source from here: how long it takes, and what it costs.',
  arguments: [
    {
      term: '<SOURCE>',
      help: 'http:, https:, ftp:, ftps:, sftp:, s3: or file: URL, @file with one in it, or - for stdin',
    },
    { term: '[DEST]', help: 'as for copy; default: the current folder' },
  ],
  settings: 'plan',
  extras: PLAN_THERE_EXTRAS,
  examples: [
    { command: 'piecework plan https://host/disk.iso s3://bucket/images/', what: 'size, version, pieces, warnings' },
    { command: 'piecework plan --json https://host/disk.iso', what: 'the same for a program' },
    {
      command: 'piecework plan --stack piecework https://host/disk.iso s3://bucket/images/',
      what: 'what that deployment would do, how long it takes and what it costs',
    },
    { command: 'piecework plan --on-aws -v https://host/disk.iso s3://bucket/', what: 'before there is a deployment' },
  ],
  async run(call) {
    // What is wrong with the request is said before any home is asked.
    const request = requestOf(call);
    const there = await findThere(call);
    await (there === undefined ? showPlan(call) : showPlanThere(call, there, request));
  },
};

export async function showPlan(call: VerbCall): Promise<void> {
  const { context, settings } = call;
  const request = requestOf(call);
  await using local = await context.openLocal(localOptions(settings));
  const report = await local.plan(request, context.signal);
  if (settings.json === true) {
    const where = { destination: describeDestination(report.destination), locator: report.destination };
    writeJson(context.stdout, { type: 'result', ...report, ...where });
    return;
  }
  writePlan(call, report, report.exists ? ` (exists; ${fate(call)})` : '');
}

function requestOf({ arguments: [source = '', destination], settings }: VerbCall): CopyRequest {
  return copyRequest(source, destination, settings);
}

function fate({ settings }: VerbCall): string {
  const ifExists = settings.noClobber === true ? 'fail' : (settings.ifExists ?? 'replace');
  if (ifExists === 'replace') return 'would be replaced';
  return ifExists === 'fail' ? 'copy would fail' : 'would be replaced if the source is another version';
}
