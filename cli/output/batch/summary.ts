import type { BatchReport, Counters } from '../../../lib/index.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';

/** A group of failures, of this machine or of a deployment. */
interface ShownFailures {
  readonly code: string;
  readonly count: number;
  readonly examples: readonly {
    readonly entry: number;
    readonly name: string;
    readonly error?: { readonly message: string } | undefined;
  }[];
}

/** What a person reads at the end: how many of each kind, and the failures by their cause. */
export function batchSummary(report: BatchReport, again: string | undefined): readonly string[] {
  const { counters, entries, failures, elapsedMs } = report;
  const seconds = Math.max(elapsedMs, 1) / 1000;
  const lines = [
    `${entries} entries: ${outcomeKinds(entries, counters)}; ${formatBytes(counters.bytes)} in ${formatDuration(elapsedMs)} ` +
      `(${(counters.done / seconds).toFixed(1)} files/s, ${formatBytes(counters.bytes / seconds)}/s)`,
  ];
  lines.push(...failureLines(failures));
  if (failures.length > 0 && again !== undefined) lines.push(`to try again what failed: ${again}`);
  return lines;
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
  const some = named.filter(([count]) => count > 0);
  return some.length === 0 ? 'nothing to do' : some.map(([count, what]) => `${count} ${what}`).join(', ');
}

/** Failures by their cause, a few of each. */
export function failureLines(failures: readonly ShownFailures[]): readonly string[] {
  return failures.flatMap(({ code, count, examples }) => [
    `failed, ${code}: ${count}`,
    ...examples.map(({ entry, name, error }) => `  entry ${entry} ${name}: ${error?.message ?? ''}`),
    ...(count > examples.length ? [`  and ${count - examples.length} more; the report has all`] : []),
  ]);
}
