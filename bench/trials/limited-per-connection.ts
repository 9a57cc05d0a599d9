import { table } from '../report/tables.ts';
import { pieceworkCommand } from '../tools/tools.ts';
import type { Trial } from './trial.ts';
import { MIB, nameOf, trialJob } from './trial.ts';

const CONNECTIONS = [1, 16] as const;
/** A server that gives each connection 8 MiB/s: what 16 of them bring over one, whole processes compared. */
export const limitedPerConnection: Trial = async (options) => {
  const { measurer, sizeBytes = 512 * MIB, openStore, say } = options;
  await using store = await openStore();
  const rows: string[][] = [];
  for (const to of [undefined, store]) {
    let slowestMs: number | undefined;
    for (const connections of CONNECTIONS) {
      await using trial = await trialJob(options, { from: 'http-limited', store: to, connections, sizeBytes });
      const { wallMs, cpuMs, peakRssBytes } = await measurer.run(pieceworkCommand(trial.job));
      await trial.checkArrived();
      slowestMs ??= wallMs;
      const row = [
        nameOf(to),
        String(connections),
        (wallMs / 1000).toFixed(2),
        (sizeBytes / MIB / (wallMs / 1000)).toFixed(1),
        (slowestMs / wallMs).toFixed(1),
        (cpuMs / 1000).toFixed(2),
        (peakRssBytes / MIB).toFixed(0),
      ];
      say(row.join('  '));
      rows.push(row);
    }
  }
  return `${sizeBytes / MIB} MiB from a server that gives each connection 8 MiB/s\n\n${table(
    ['destination', 'connections', 'wall s', 'MiB/s', '× one', 'CPU s', 'peak RSS MiB'],
    rows,
  )}`;
};
