import type { PlanForReport } from '../../lib/index.ts';
import { formatBytes } from '../../lib/values/units.ts';
import { describeValidator } from '../../lib/values/web/validator.ts';
import type { VerbCall } from '../verb.ts';
import { describePlan } from './describe.ts';
import { placeText, writeLine } from './lines.ts';
import { facts } from './text.ts';

/** What a plan found out, for people: facts on stdout, warnings on stderr. */
export function writePlan(
  { context, settings }: VerbCall,
  report: PlanForReport,
  fate = '',
  more: Parameters<typeof facts>[0] = [],
): void {
  const { finalUrl, snapshot } = report;
  const lines = facts([
    ['source', report.source],
    ['final URL', finalUrl === report.source ? undefined : finalUrl],
    ['destination', `${placeText(report.destination)}${fate}`],
    ['size', snapshot.sizeBytes === undefined ? 'unknown' : sizeText(snapshot.sizeBytes)],
    ['ranges', snapshot.ranges ? 'yes' : 'no'],
    ['version', describeValidator(snapshot.validator)],
    ['modified', snapshot.modifiedAt],
    ['type', snapshot.contentType],
    ['name', snapshot.name],
    ['digests', digestsText(report)],
    ['plan', describePlan(report.plan)],
    ...more,
  ]);
  for (const line of lines) writeLine(context.stdout, line);
  if (settings.quiet === true) return;
  for (const warning of new Set([...report.warnings, ...snapshot.warnings])) {
    writeLine(context.stderr, `warning: ${warning}`);
  }
}

function sizeText(bytes: number): string {
  return bytes < 1024 ? formatBytes(bytes) : `${formatBytes(bytes)} (${bytes} bytes)`;
}

function digestsText({ snapshot }: PlanForReport): string | undefined {
  const known = Object.entries(snapshot.digests).map(([algorithm, hex]) => `${algorithm} ${hex}`);
  return known.length === 0 ? undefined : known.join(', ');
}
