import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../lib/values/median.ts';
import { formatBytes } from '../lib/values/units.ts';
import type { Cost } from './measure.ts';
import type { Versions } from './versions.ts';

/** All rounds of one tool at one case; the first of a case's is Piecework's. */
export interface Row {
  readonly tool: string;
  readonly costs: readonly Cost[];
}

export interface CaseResult {
  readonly title: string;
  readonly sizeBytes: number;
  readonly rows: readonly Row[];
  /** Shares of the machine that others used, before each run. */
  readonly busyBefore: readonly number[];
}

const MIB = 1024 ** 2;
const METRICS = ['wallMs', 'cpuMs', 'peakRssBytes'] as const;
type Medians = Readonly<Record<(typeof METRICS)[number], number>>;

function mediansOf({ costs }: Row): Medians {
  const [wallMs, cpuMs, peakRssBytes] = METRICS.map((metric) => median(costs.map((cost) => cost[metric])));
  return { wallMs: wallMs ?? Number.NaN, cpuMs: cpuMs ?? Number.NaN, peakRssBytes: peakRssBytes ?? Number.NaN };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

/** A table in Markdown; the last columns are a median over the best median of a peer. */
export function caseTable({ title, sizeBytes, rows, busyBefore }: CaseResult): string {
  const medians = rows.map(mediansOf);
  const [, ...peers] = medians;
  const best = (metric: keyof Medians) => Math.min(...peers.map((peer) => peer[metric]));
  const ratio = (own: Medians, metric: keyof Medians) =>
    peers.length === 0 ? '' : (own[metric] / best(metric)).toFixed(2);
  const lines = rows.map((row, index) => {
    const own = medians[index] ?? mediansOf(row);
    const walls = row.costs.map(({ wallMs }) => wallMs);
    return [
      index === 0 ? `**${row.tool}**` : row.tool,
      `${seconds(own.wallMs)} (${seconds(Math.min(...walls))} to ${seconds(Math.max(...walls))})`,
      (sizeBytes / MIB / (own.wallMs / 1000)).toFixed(0),
      seconds(own.cpuMs),
      (own.peakRssBytes / MIB).toFixed(0),
      ratio(own, 'wallMs'),
      ratio(own, 'cpuMs'),
      ratio(own, 'peakRssBytes'),
    ];
  });
  return [
    `### ${title}, ${formatBytes(sizeBytes)}`,
    '',
    table(['tool', 'wall s (range)', 'MiB/s', 'CPU s', 'peak RSS MiB', 'wall ×', 'CPU ×', 'RSS ×'], lines),
    '',
    `Used by others before the runs: ${percent(median(busyBefore))} of the machine (${percent(Math.min(...busyBefore))} to ${percent(Math.max(...busyBefore))}).`,
  ].join('\n');
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** The machine, what ran on it, and when. */
export async function machineLine(versions: Versions, servers: readonly string[], how: string): Promise<string> {
  const all = cpus();
  const tools = [...versions].map(([name, version]) => `${name} ${version.replace(/^v/, '')}`);
  return [
    `- Machine: ${all.length} cores (${all[0]?.model.trim() ?? 'unknown'}), ${formatBytes(totalmem())} memory, ${type()} ${release()}; loopback only`,
    `- Programs: ${tools.join(', ')}; ${servers.join(', ')}`,
    `- Measured with ${how} on ${new Date().toISOString().slice(0, 10)}, commit ${await commit()}`,
  ].join('\n');
}

async function commit(): Promise<string> {
  const git = async (...args: string[]) => {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    return (await promisify(execFile)('git', args, { cwd })).stdout.trim();
  };
  try {
    const isChanged = (await git('status', '--porcelain', '--', 'lib', 'cli', 'bin')) !== '';
    return `${await git('rev-parse', '--short', 'HEAD')}${isChanged ? ' and changes that were not committed yet' : ''}`;
  } catch {
    return 'unknown';
  }
}

const README = new URL('./README.md', import.meta.url);
const BEGIN = '<!-- results: begin (written by npm run bench) -->';
const END = '<!-- results: end -->';

/** Puts the results in place of those that are in the README. */
export async function writeResults(text: string): Promise<void> {
  const old = await readFile(README, 'utf8');
  const from = old.indexOf(BEGIN);
  const to = old.indexOf(END);
  if (from < 0 || to < from) throw new Error('bench/README.md has lost the marks between which results stand');
  await writeFile(README, `${old.slice(0, from)}${BEGIN}\n\n${text}\n\n${old.slice(to)}`);
}
