import { table } from '../report/tables.ts';
import { pieceworkCommand } from '../tools/tools.ts';
import type { Trial } from './trial.ts';
import { costCells, MIB, nameOf, trialJob } from './trial.ts';

/** 1 GiB over FTP (vsftpd) and SFTP (OpenSSH), 8 at a time, to a file and to S3. */
export const bigByScheme: Trial = async (options) => {
  const { measurer, sizeBytes = 1024 * MIB, openStore, say } = options;
  await using store = await openStore();
  const rows: string[][] = [];
  for (const from of ['ftp', 'sftp'] as const) {
    for (const to of [undefined, store]) {
      await using trial = await trialJob(options, { from, store: to, connections: 8, sizeBytes });
      const cost = await measurer.run(pieceworkCommand(trial.job));
      await trial.checkArrived();
      const row = [from.toUpperCase(), nameOf(to), ...costCells(sizeBytes, cost)];
      say(row.join('  '));
      rows.push(row);
    }
  }
  return `${sizeBytes / MIB} MiB, 8 connections; SHA-256 equal each time\n\n${table(
    ['source', 'destination', 'wall s', 'MiB/s', 'CPU s', 'peak RSS MiB'],
    rows,
  )}`;
};
