import type { BatchReport, Counters } from '../../../lib/index.ts';
import { missing } from '../../../lib/transfer/batch/outcome.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';
import { count } from '../text.ts';
import type { ShownFailure } from './lines.ts';
import { failureLine } from './lines.ts';

/** A group of failures, of this machine or of a deployment. */
interface ShownFailures {
  readonly code: string;
  readonly count: number;
  readonly examples: readonly ShownFailure[];
}

/**
 * What a person reads at the end: how many of each kind, and the failures by their cause.
 * @param again the command that tries again what failed
 */
export function batchSummary(report: BatchReport, again: string | undefined): readonly string[] {
  const { counters, entries, failures, elapsedMs } = report;
  const kinds = outcomeKinds(entries, counters);
  const lines = [
    `${count(entries, 'entry', 'entries')}: ${kinds}${speed(report)}, in ${formatDuration(elapsedMs)}`,
    ...failureLines(failures, report.report !== undefined),
  ];
  if (missing(counters) > 0) lines.push(`to try again what failed: ${again ?? 'run the same command again'}`);
  return lines;
}

function speed({ counters: { done, bytes }, elapsedMs }: BatchReport): string {
  if (done === 0) return '';
  const seconds = Math.max(elapsedMs, 1) / 1000;
  return `; ${formatBytes(bytes)}, ${(done / seconds).toFixed(1)} files/s, ${formatBytes(bytes / seconds)}/s`;
}

/** How many of each kind; what has no outcome yet is still to come. */
export function outcomeKinds(entries: number, { done, unchanged, failed, cancelled }: Counters): string {
  const named = [
    [done, 'brought'],
    [unchanged, 'unchanged'],
    [failed, 'failed'],
    [cancelled, 'cancelled'],
    [entries - done - unchanged - failed - cancelled, 'to come'],
  ] as const;
  const some = named.filter(([times]) => times > 0);
  return some.length === 0 ? 'nothing to do' : some.map(([times, what]) => `${times} ${what}`).join(', ');
}

/** Failures by their cause, a few of each. */
export function failureLines(failures: readonly ShownFailures[], hasReport = true): readonly string[] {
  const whereAll = hasReport ? '; the report has all' : '';
  return failures.flatMap(({ code, count: times, examples }) => [
    `failed, ${code}: ${times}`,
    ...[...examples].sort((a, b) => a.entry - b.entry).map((one) => `  ${failureLine(one)}`),
    ...(times > examples.length ? [`  and ${times - examples.length} more${whereAll}`] : []),
  ]);
}
