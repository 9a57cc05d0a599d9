import type { Cell } from '../cells/cell.ts';
import { medianOf } from '../measuring/run.ts';
import { describe } from './cell-tables.ts';
import type { Results } from './results.ts';

export interface Theme {
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly ours: string;
  readonly others: string;
}

export const THEMES: Readonly<Record<'light' | 'dark', Theme>> = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    faint: '#59636e',
    line: '#d1d9e0',
    ours: '#0969da',
    others: '#afb8c1',
  },
  dark: {
    background: '#0d1117',
    text: '#e6edf3',
    faint: '#9198a1',
    line: '#30363d',
    ours: '#4493f8',
    others: '#656c76',
  },
};

/** Bars that share an axis. */
export interface Panel {
  readonly title: string;
  /** Names of cells; those that were not measured are left out. */
  readonly cells: readonly string[];
}

export const PANELS: readonly Panel[] = [
  {
    title: 'Nothing limits the connection: seconds, less is better',
    cells: ['https-1GiB-file', 'ftp-1GiB-file', 'sftp-1GiB-file', 'https-1GiB-versitygw'],
  },
  {
    title: 'The server gives each connection 8 MiB/s: seconds, less is better',
    cells: ['http-limited-64MiB-file', 'http-limited-64MiB-versitygw'],
  },
];

const WIDTH = 760;
const LABELS_WIDTH = 220;
const BARS_WIDTH = 460;
const BAR_HEIGHT = 14;
const ROW_HEIGHT = 20;
const MOST_PEERS = 3;

interface Bar {
  readonly label: string;
  readonly seconds: number;
}

interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}

/** Wall time of Piecework and of the quickest others, as an SVG; `undefined` where nothing of it was measured. */
export function chart(
  panels: readonly Panel[],
  cells: readonly Cell[],
  results: Results,
  theme: Theme,
): string | undefined {
  const shapes: string[] = [];
  let y = 14;
  for (const { title, cells: names } of panels) {
    const groups = names.flatMap((name) => groupOf(name, cells, results));
    if (groups.length === 0) continue;
    y += 14;
    shapes.push(text(12, y, title, { size: 15, weight: 600, fill: theme.text }));
    const most = axisEnd(Math.max(...groups.flatMap(({ bars }) => bars.map(({ seconds }) => seconds))));
    for (const group of groups) {
      y += 22;
      shapes.push(text(12, y, group.title, { size: 13, weight: 600, fill: theme.text }));
      y += 8;
      shapes.push(...gridLines(y - 3, y + group.bars.length * ROW_HEIGHT - 3, theme));
      for (const bar of group.bars) {
        shapes.push(...barShapes(bar, y, most, theme));
        y += ROW_HEIGHT;
      }
    }
    shapes.push(...gridLabels(most, y + 12, theme));
    y += 34;
  }
  if (shapes.length === 0) return undefined;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">`,
    '<title>How long transfers take with Piecework and with other tools</title>',
    `<rect width="${WIDTH}" height="${y}" fill="${theme.background}"/>`,
    ...shapes,
    '</svg>',
    '',
  ].join('\n');
}

function groupOf(name: string, cells: readonly Cell[], results: Results): Group[] {
  const cell = cells.find((one) => one.name === name);
  const [own, ...peers] = results[name]?.tools ?? [];
  if (cell === undefined || own === undefined) return [];
  const bars = [own, ...peers].map((tool) => ({ label: tool.tool, seconds: medianOf(tool, 'wallMs') / 1000 }));
  const [ours, ...others] = bars;
  const quickest = others.toSorted((one, other) => one.seconds - other.seconds).slice(0, MOST_PEERS);
  return [{ title: describe(cell), bars: ours === undefined ? [] : [ours, ...quickest] }];
}

function barShapes({ label, seconds }: Bar, y: number, most: number, theme: Theme): string[] {
  const isOurs = label === 'piecework';
  const width = Math.max(2, (seconds / most) * BARS_WIDTH);
  const middle = y + BAR_HEIGHT / 2 + 4;
  const weight = isOurs ? 600 : 400;
  return [
    text(LABELS_WIDTH - 8, middle, label, { size: 12, weight, fill: theme.text, anchor: 'end' }),
    `<rect x="${LABELS_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${isOurs ? theme.ours : theme.others}"/>`,
    text(LABELS_WIDTH + width + 6, middle, seconds.toFixed(2), { size: 12, weight, fill: theme.text }),
  ];
}

const STEPS = 4;
const gridX = (index: number): number => LABELS_WIDTH + (index * BARS_WIDTH) / STEPS;
const indexes = Array.from({ length: STEPS + 1 }, (_, index) => index);

function gridLines(top: number, bottom: number, { line }: Theme): string[] {
  return indexes.map(
    (index) => `<line x1="${gridX(index)}" y1="${top}" x2="${gridX(index)}" y2="${bottom}" stroke="${line}"/>`,
  );
}

function gridLabels(most: number, y: number, { faint }: Theme): string[] {
  return indexes.map((index) => {
    const label = `${Number(((index * most) / STEPS).toFixed(2))} s`;
    return text(gridX(index), y, label, { size: 11, weight: 400, fill: faint, anchor: 'middle' });
  });
}

/** The next larger number whose quarters are easy to read. */
function axisEnd(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= most) ?? 10) * power;
}

interface TextStyle {
  readonly size: number;
  readonly weight: number;
  readonly fill: string;
  readonly anchor?: 'middle' | 'end';
}

function text(x: number, y: number, content: string, { size, weight, fill, anchor }: TextStyle): string {
  const where = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" font-weight="${weight}" fill="${fill}"${where}>${escaped}</text>`;
}
