import type { Goal } from '../cells/cell.ts';
import { BEST_PEER } from '../cells/cell.ts';
import type { Metric, ToolRuns } from '../measuring/run.ts';
import { medianOf } from '../measuring/run.ts';
import { THEN_SYNC } from '../tools/tools.ts';
import type { CellResult } from './results.ts';

const MIB = 1024 ** 2;

/** What each figure is called, and in which unit it is shown. */
export const METRICS: Readonly<
  Record<Metric, { readonly title: string; readonly unit: string; readonly per: number }>
> = {
  wallMs: { title: 'wall', unit: 's', per: 1000 },
  cpuMs: { title: 'CPU', unit: 's', per: 1000 },
  peakRssBytes: { title: 'peak RSS', unit: 'MiB', per: MIB },
};

/** In the metric's unit, without it. */
export function shown(metric: Metric, value: number): string {
  const { per } = METRICS[metric];
  return (value / per).toFixed(metric === 'peakRssBytes' ? 0 : 2);
}

/** The tool with the least median. */
export function best(tools: readonly ToolRuns[], metric: Metric): ToolRuns | undefined {
  return tools.toSorted((one, other) => medianOf(one, metric) - medianOf(other, metric))[0];
}

export interface Judged {
  readonly ours: number;
  /** What it is compared with; absent where the figure itself is meant. */
  readonly beside?: { readonly tool: string; readonly value: number };
  /** In the goal's own unit. */
  readonly value: number;
  readonly isReached: boolean;
}

/** `undefined` = not measured, or without what it is to be compared with. */
export function judge({ metric, most, beside }: Goal, { tools }: CellResult): Judged | undefined {
  const [own, ...peers] = tools;
  if (own === undefined) return undefined;
  const ours = medianOf(own, metric);
  if (beside === undefined) {
    const value = ours / METRICS[metric].per;
    return { ours, value, isReached: value <= most };
  }
  const peer = best(peersFor(beside, peers), metric);
  if (peer === undefined) return undefined;
  const theirs = medianOf(peer, metric);
  return { ours, beside: { tool: peer.tool, value: theirs }, value: ours / theirs, isReached: ours / theirs <= most };
}

function peersFor(beside: string, peers: readonly ToolRuns[]): readonly ToolRuns[] {
  switch (beside) {
    case BEST_PEER:
      return peers;
    case BEST_PEER + THEN_SYNC:
      return peers.filter(({ tool }) => tool.endsWith(THEN_SYNC));
    default:
      return peers.filter(({ tool }) => tool === beside);
  }
}
