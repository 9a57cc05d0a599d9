import { median } from '../../lib/values/median.ts';
import { formatBytes } from '../../lib/values/units.ts';
import type { Cell, Goal } from '../cells/cell.ts';
import type { Metric, ToolRuns } from '../measuring/run.ts';
import { medianOf } from '../measuring/run.ts';
import { SOURCES } from '../servers/origin.ts';
import type { Judged } from './figures.ts';
import { best, judge, METRICS, shown } from './figures.ts';
import type { CellResult, Results } from './results.ts';
import { table } from './tables.ts';

/** More than that, and a figure is in doubt. */
const MOST_CALM_SHARE = 0.15;

/** What is done in a cell, in words. */
export function describe({ transfer }: Cell): string {
  if (transfer === undefined) return '`piecework --version`';
  const { from, to, sizeBytes, flags = [], connections } = transfer;
  const place = to === 'file' ? 'a file' : `S3 (${to})`;
  const more = flags.length === 0 ? '' : `, \`--parallel ${connections} ${flags.join(' ')}\``;
  return `${formatBytes(sizeBytes)}, ${SOURCES[from]} to ${place}${more}`;
}

/** Each goal with what was measured. */
export function goalTable(cells: readonly Cell[], results: Results): string {
  const rows = cells.flatMap((cell) =>
    (cell.goals ?? []).map((goal) => {
      const result = results[cell.name];
      const judged = result === undefined ? undefined : judge(goal, result);
      return [`\`${cell.name}\``, METRICS[goal.metric].title, ...goalCells(goal, judged, result)];
    }),
  );
  return table(['cell (`--only`)', 'figure', 'Piecework', 'beside', 'measured', 'goal', 'reached'], rows);
}

function goalCells(
  { metric, most, beside }: Goal,
  judged: Judged | undefined,
  result: CellResult | undefined,
): string[] {
  const { unit } = METRICS[metric];
  const limit = beside === undefined ? `≤ ${most} ${unit}` : `≤ ${most.toFixed(2)} × ${beside}`;
  if (judged === undefined || result === undefined) return ['–', '–', '–', limit, 'not measured'];
  const other = judged.beside === undefined ? '–' : `${judged.beside.tool}: ${withUnit(metric, judged.beside.value)}`;
  const ours = withUnit(metric, judged.ours);
  const figure = judged.beside === undefined ? ours : `${judged.value.toFixed(2)} ×`;
  return [ours, other, figure, limit, `${judged.isReached ? 'yes' : '**no**'}${doubt(result)}`];
}

/** What was measured while others were at work says little. */
function doubt(result: CellResult): string {
  const share = median(sharesOf(result.tools));
  return share > MOST_CALM_SHARE ? `, but others used ${percent(share)}` : '';
}

const withUnit = (metric: Metric, value: number): string => `${shown(metric, value)} ${METRICS[metric].unit}`;

/** One row for each transfer that was measured. */
export function overview(cells: readonly Cell[], results: Results): string {
  const rows = cells.flatMap((cell) => {
    const result = results[cell.name];
    const [own, ...peers] = result?.tools ?? [];
    if (result === undefined || own === undefined || cell.transfer === undefined) return [];
    const wall = best(peers, 'wallMs');
    const cpu = best(peers, 'cpuMs');
    return [
      [
        `\`${cell.name}\``,
        shown('wallMs', medianOf(own, 'wallMs')),
        shown('cpuMs', medianOf(own, 'cpuMs')),
        shown('peakRssBytes', medianOf(own, 'peakRssBytes')),
        ...(wall === undefined
          ? ['–', '–']
          : [`${wall.tool}: ${shown('wallMs', medianOf(wall, 'wallMs'))}`, ratio(own, wall, 'wallMs')]),
        cpu === undefined ? '–' : ratio(own, cpu, 'cpuMs'),
        foreign(result),
      ],
    ];
  });
  return table(
    ['cell (`--only`)', 'wall s', 'CPU s', 'RSS MiB', 'best wall of another, s', 'wall ×', 'CPU ×', 'others used'],
    rows,
  );
}

const ratio = (own: ToolRuns, peer: ToolRuns, metric: Metric): string =>
  (medianOf(own, metric) / medianOf(peer, metric)).toFixed(2);

/** Median and most of the machine that others used during the runs. */
function foreign({ tools }: CellResult): string {
  const shares = sharesOf(tools);
  if (shares.length === 0) return 'unknown';
  return `${percent(median(shares))} to ${percent(Math.max(...shares))}`;
}

function sharesOf(tools: readonly ToolRuns[]): number[] {
  return tools.flatMap(({ runs }) => runs.flatMap(({ foreignShare }) => foreignShare ?? []));
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** All tools of one cell; the last columns are a median over the best median of another tool. */
export function cellTable(cell: Cell, result: CellResult): string {
  const [, ...peers] = result.tools;
  const bestOf = (metric: Metric) => best(peers, metric);
  const times = (own: ToolRuns, metric: Metric) => {
    const peer = bestOf(metric);
    return peer === undefined ? '' : ratio(own, peer, metric);
  };
  const rows = result.tools.map((own, index) => {
    const walls = own.runs.map(({ wallMs }) => wallMs);
    return [
      index === 0 ? `**${own.tool}**` : own.tool,
      `${shown('wallMs', medianOf(own, 'wallMs'))} (${shown('wallMs', Math.min(...walls))} to ${shown('wallMs', Math.max(...walls))})`,
      shown('cpuMs', medianOf(own, 'cpuMs')),
      shown('peakRssBytes', medianOf(own, 'peakRssBytes')),
      times(own, 'wallMs'),
      times(own, 'cpuMs'),
      times(own, 'peakRssBytes'),
      foreign({ ...result, tools: [own] }),
    ];
  });
  const [first] = result.tools;
  return [
    `### ${describe(cell)}`,
    '',
    table(['tool', 'wall s (range)', 'CPU s', 'RSS MiB', 'wall ×', 'CPU ×', 'RSS ×', 'others used'], rows),
    '',
    `\`npm run bench -- --only ${cell.name}\`; ${first?.runs.length ?? 0} of each on ${result.measuredAt}, commit ${result.commit}.`,
  ].join('\n');
}
