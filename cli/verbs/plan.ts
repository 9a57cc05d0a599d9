import type { PlanReport } from '../../lib/index.ts';
import { describeDestination } from '../../lib/local/destinations/kinds.ts';
import { formatBytes } from '../../lib/values/units.ts';
import { describeValidator } from '../../lib/values/web/validator.ts';
import { copyRequest, localOptions } from '../options/request.ts';
import { describePlan } from '../output/describe.ts';
import { placeText, writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { facts } from '../output/text.ts';
import type { Verb, VerbCall } from '../verb.ts';

export const planVerb: Verb = {
  name: 'plan',
  summary: 'ask the source, and say what copy would do',
  description: 'Asks the source once and shows what copy would do. Nothing is written, at the source or anywhere.',
  arguments: [
    {
      term: '<SOURCE>',
      help: 'http:, https:, ftp:, ftps:, sftp:, s3: or file: URL, @file with one in it, or - for stdin',
    },
    { term: '[DEST]', help: 'as for copy; default: the current folder' },
  ],
  settings: 'plan',
  examples: [
    { command: 'piecework plan https://host/disk.iso s3://bucket/images/', what: 'size, version, pieces, warnings' },
    { command: 'piecework plan --json https://host/disk.iso', what: 'the same for a program' },
  ],
  run: showPlan,
};

export async function showPlan(call: VerbCall): Promise<void> {
  const { context, settings } = call;
  const [source = '', destination] = call.arguments;
  const request = copyRequest(source, destination, settings);
  await using local = await context.openLocal(localOptions(settings));
  const report = await local.plan(request, context.signal);
  if (settings.json === true) {
    const where = { destination: describeDestination(report.destination), locator: report.destination };
    writeJson(context.stdout, { type: 'result', ...report, ...where });
    return;
  }
  const { finalUrl, snapshot } = report;
  const lines = facts([
    ['source', report.source],
    ['final URL', finalUrl === report.source ? undefined : finalUrl],
    ['destination', `${placeText(report.destination)}${report.exists ? ` (exists; ${fate(call)})` : ''}`],
    ['size', snapshot.sizeBytes === undefined ? 'unknown' : sizeText(snapshot.sizeBytes)],
    ['ranges', snapshot.ranges ? 'yes' : 'no'],
    ['version', describeValidator(snapshot.validator)],
    ['modified', snapshot.modifiedAt],
    ['type', snapshot.contentType],
    ['name', snapshot.name],
    ['digests', digestsText(report)],
    ['plan', describePlan(report.plan)],
  ]);
  for (const line of lines) writeLine(context.stdout, line);
  if (settings.quiet === true) return;
  for (const warning of new Set([...report.warnings, ...snapshot.warnings])) {
    writeLine(context.stderr, `warning: ${warning}`);
  }
}

function fate({ settings }: VerbCall): string {
  const ifExists = settings.noClobber === true ? 'fail' : (settings.ifExists ?? 'replace');
  if (ifExists === 'replace') return 'would be replaced';
  return ifExists === 'fail' ? 'copy would fail' : 'would be replaced if the source is another version';
}

function sizeText(bytes: number): string {
  return bytes < 1024 ? formatBytes(bytes) : `${formatBytes(bytes)} (${bytes} bytes)`;
}

function digestsText({ snapshot }: PlanReport): string | undefined {
  const known = Object.entries(snapshot.digests).map(([algorithm, hex]) => `${algorithm} ${hex}`);
  return known.length === 0 ? undefined : known.join(', ');
}
