import { table } from '../report/tables.ts';
import type { Store } from '../servers/servers.ts';
import { pieceworkCommand } from '../tools/tools.ts';
import type { Trial } from './trial.ts';
import { costCells, MIB, nameOf, trialJob } from './trial.ts';

const PIECE_SIZES = [undefined, '5MiB', '64MiB'] as const;

/** 1 GiB over HTTPS to a file and to S3, 8 at a time, in pieces of several sizes: how much memory that takes. */
export const bigOverHttps: Trial = async (options) => {
  const { measurer, sizeBytes = 1024 * MIB, openStore, say } = options;
  await using store = await openStore();
  const rows: string[][] = [];
  const places: readonly (Store | undefined)[] = [undefined, store];
  for (const to of places) {
    for (const pieceSize of PIECE_SIZES) {
      await using trial = await trialJob(options, { from: 'https', store: to, connections: 8, sizeBytes });
      const more = pieceSize === undefined ? [] : ['--piece-size', pieceSize];
      const cost = await measurer.run(pieceworkCommand(trial.job, more));
      await trial.checkArrived();
      const row = [nameOf(to), pieceSize ?? 'default', ...costCells(sizeBytes, cost)];
      say(row.join('  '));
      rows.push(row);
    }
  }
  return `${sizeBytes / MIB} MiB over HTTPS, 8 connections; SHA-256 equal each time\n\n${table(
    ['destination', 'piece size', 'wall s', 'MiB/s', 'CPU s', 'peak RSS MiB'],
    rows,
  )}`;
};
