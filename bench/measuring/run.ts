import { median } from '../../lib/values/median.ts';
import type { Cost } from './measure.ts';

export type Metric = keyof Cost;

/** One run of one tool. */
export interface Run extends Cost {
  /** Of the machine, by what has nothing to do with the benchmark; `null` = unknown. */
  readonly foreignShare: number | null;
}

/** All rounds of one tool. */
export interface ToolRuns {
  readonly tool: string;
  readonly runs: readonly Run[];
}

export const medianOf = ({ runs }: ToolRuns, metric: Metric): number => median(runs.map((run) => run[metric]));
