import { readFile, writeFile } from 'node:fs/promises';
import type { ToolRuns } from '../measuring/run.ts';

/** What is known of one cell. */
export interface CellResult {
  /** ISO 8601, to the day. */
  readonly measuredAt: string;
  readonly commit: string;
  /** Machine, programs, servers. */
  readonly machine: string;
  /** Piecework's first. */
  readonly tools: readonly ToolRuns[];
}

/** By the cell's name. */
export type Results = Readonly<Record<string, CellResult>>;

export const RESULTS_FILE = new URL('../results/results.json', import.meta.url);

/** Of all runs so far that were kept. */
export async function readResults(): Promise<Results> {
  try {
    return JSON.parse(await readFile(RESULTS_FILE, 'utf8')) as Results;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/** In place of what was known of that cell. */
export async function keepResult(name: string, result: CellResult): Promise<void> {
  const all = { ...(await readResults()), [name]: result };
  const sorted = Object.fromEntries(Object.entries(all).sort(([one], [other]) => one.localeCompare(other)));
  await writeFile(RESULTS_FILE, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
