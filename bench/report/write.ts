import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Cell } from '../cells/cell.ts';
import { cellTable, goalTable, overview } from './cell-tables.ts';
import { chart, PANELS, THEMES } from './chart.ts';
import type { CellResult, Results } from './results.ts';
import { RESULTS_FILE, readResults } from './results.ts';

const README = new URL('../README.md', import.meta.url);
/** What a visitor sees first. */
const FRONT = new URL('../../README.md', import.meta.url);
const DETAILS = new URL('../results/README.md', import.meta.url);
const BIOME = fileURLToPath(new URL('../../node_modules/@biomejs/biome/bin/biome', import.meta.url));

/** Between a mark for its beginning and one for its end stands what is written by program. */
interface Marks {
  readonly begin: string;
  readonly end: string;
}
const RESULTS: Marks = { begin: '<!-- results: begin (written by npm run bench) -->', end: '<!-- results: end -->' };
const CHART: Marks = { begin: '<!-- chart: begin (written by npm run bench) -->', end: '<!-- chart: end -->' };
const PICTURE = `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="bench/results/chart-dark.svg">
  <img alt="How long transfers take with Piecework and with other tools: bars, in seconds" src="bench/results/chart-light.svg">
</picture>`;

/** Tables and charts of all results that were kept, in place of those that are there. */
export async function writeReport(cells: readonly Cell[]): Promise<void> {
  const results = await readResults();
  await writeBetween(README, RESULTS, summary(cells, results));
  await writeFile(DETAILS, details(cells, results));
  const charts: URL[] = [];
  for (const [name, theme] of Object.entries(THEMES)) {
    const drawn = chart(PANELS, cells, results, theme);
    if (drawn === undefined) continue;
    const url = new URL(`../results/chart-${name}.svg`, import.meta.url);
    await writeFile(url, drawn);
    charts.push(url);
  }
  await writeBetween(FRONT, CHART, charts.length === 0 ? '' : PICTURE);
  await format([README, FRONT, DETAILS, RESULTS_FILE, ...charts].map((url) => fileURLToPath(url)));
}

/** As everything in the checkout is. */
async function format(paths: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [BIOME, 'format', '--write', ...paths]).catch(() => {});
}

async function writeBetween(url: URL, { begin, end }: Marks, text: string): Promise<void> {
  const old = await readFile(url, 'utf8');
  const from = old.indexOf(begin);
  const to = old.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${fileURLToPath(url)} has lost the marks ${begin} and ${end}`);
  const between = text === '' ? '' : `${text}\n\n`;
  await writeFile(url, `${old.slice(0, from)}${begin}\n\n${between}${old.slice(to)}`);
}

function summary(cells: readonly Cell[], results: Results): string {
  const known = cells.flatMap(({ name }) => results[name] ?? []);
  return [
    '### Goals',
    goalTable(cells, results),
    '### All transfers',
    overview(cells, results),
    ...origins(known),
  ].join('\n\n');
}

/** When, from which commits and where: each once. */
function origins(known: readonly CellResult[]): string[] {
  const days = [...new Set(known.map(({ measuredAt, commit }) => `${measuredAt} (commit ${commit})`))].sort();
  const machines = [...new Set(known.map(({ machine }) => machine))];
  return known.length === 0
    ? []
    : [`Measured on ${days.join(', ')}. ${machines.map((one) => `Machine: ${one}.`).join(' ')}`];
}

function details(cells: readonly Cell[], results: Results): string {
  const parts = cells.flatMap((cell) => {
    const result = results[cell.name];
    return result === undefined ? [] : [cellTable(cell, result)];
  });
  return [
    '# Every tool, cell by cell',
    'Written by `npm run bench` from [results.json](results.json); [what it means](../README.md).',
    ...parts,
    '',
  ].join('\n\n');
}
