import { MEASURES } from '../../lib/local/metrics/measures.ts';
import { MadeTables, unpadded } from './made-tables.ts';

// The table of metrics in docs/serve.md. `node test/support/metric-rows.ts` writes it anew; a test says when that is
// needed.

const DOCS = new MadeTables('docs/serve.md', 'test/support/metric-rows.ts');

export function metricTables(): Readonly<Record<string, string>> {
  const rows = MEASURES.map(({ name, kind, labels = [], help }) => {
    const cells = [`\`${name}\``, kind, labels.map((label) => `\`${label}\``).join(', ') || '–', help];
    return `| ${cells.join(' | ')} |`;
  });
  return { metrics: ['| Name | Kind | Labels | What it is |', '| --- | --- | --- | --- |', ...rows].join('\n') };
}

export function documentedMetrics(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(DOCS.read()).map(([name, table]) => [name, unpadded(table)]));
}

if (import.meta.main) DOCS.write(metricTables());
