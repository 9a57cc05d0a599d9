import type { BatchReport } from '../../../lib/index.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';

/** What a person reads at the end: how many of each kind, and the failures by their cause. */
export function batchSummary(report: BatchReport, again: string | undefined): readonly string[] {
  const { counters, entries, failures, elapsedMs } = report;
  const seconds = Math.max(elapsedMs, 1) / 1000;
  const lines = [
    `${entries} entries: ${kinds(report)}; ${formatBytes(counters.bytes)} in ${formatDuration(elapsedMs)} ` +
      `(${(counters.done / seconds).toFixed(1)} files/s, ${formatBytes(counters.bytes / seconds)}/s)`,
  ];
  for (const { code, count, examples } of failures) {
    lines.push(`failed, ${code}: ${count}`);
    for (const { entry, name, error } of examples) lines.push(`  entry ${entry} ${name}: ${error?.message ?? ''}`);
    if (count > examples.length) lines.push(`  and ${count - examples.length} more; the report has all`);
  }
  if (failures.length > 0 && again !== undefined) lines.push(`to try again what failed: ${again}`);
  return lines;
}

function kinds({ counters: { done, unchanged, failed, cancelled } }: BatchReport): string {
  const named = [
    [done, 'brought'],
    [unchanged, 'unchanged'],
    [failed, 'failed'],
    [cancelled, 'cancelled'],
  ] as const;
  const some = named.filter(([count]) => count > 0);
  return some.length === 0 ? 'nothing to do' : some.map(([count, what]) => `${count} ${what}`).join(', ');
}
