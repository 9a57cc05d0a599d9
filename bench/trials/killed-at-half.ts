import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { NginxAnswer } from '../../test/support/nginx.ts';
import { table } from '../report/tables.ts';
import { pieceworkCommand } from '../tools/tools.ts';
import type { Trial } from './trial.ts';
import { MIB, nameOf, trialJob } from './trial.ts';

const CONNECTIONS = 8;

/** `kill -9` when nginx has sent half, the same command again: what it fetched twice, by nginx's own log. */
export const killedAtHalf: Trial = async (options) => {
  const { origin, sizeBytes = 1024 * MIB, openStore, say } = options;
  await using store = await openStore();
  const rows: string[][] = [];
  for (const to of [undefined, store]) {
    await using trial = await trialJob(options, {
      from: 'http',
      store: to,
      connections: CONNECTIONS,
      sizeBytes,
    });
    const { program, args, environment } = pieceworkCommand(trial.job);
    const start = () =>
      spawn(
        program,
        args.filter((arg) => arg !== '--quiet'),
        {
          env: { PATH: process.env['PATH'], HOME: trial.folder, ...environment },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
    const before = (await origin.nginx.log()).length;
    const answers = async () => (await origin.nginx.log()).slice(before);

    const first = start();
    const killed = once(first, 'close');
    first.stderr.resume();
    while (sentBytes(await answers()) < sizeBytes / 2 && first.exitCode === null) await delay(1);
    first.kill('SIGKILL');
    await killed;
    if (first.signalCode !== 'SIGKILL') throw new Error('it was through before it could be killed');

    const second = start();
    let said = '';
    second.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await once(second, 'close');
    if (second.exitCode !== 0) throw new Error(said);
    await trial.checkArrived();

    const all = await answers();
    const pieces = all.filter(isPiece);
    const row = [
      nameOf(to),
      /resuming.*/.exec(said)?.[0].replace(/resuming \w+: /, '') ?? 'not resumed',
      String(pieces.length),
      String(new Set(pieces.map(({ range }) => range)).size),
      ((sentBytes(pieces) - sizeBytes) / MIB).toFixed(1),
      (sentBytes(all.filter((answer) => !isPiece(answer))) / MIB).toFixed(1),
    ];
    say(row.join('  '));
    rows.push(row);
  }
  return `${sizeBytes / MIB} MiB over HTTP, ${CONNECTIONS} connections, killed at half; SHA-256 equal\n\n${table(
    ['destination', 'the second run', 'pieces asked for', 'different ones', 'MiB sent twice', 'MiB of probes'],
    rows,
  )}`;
};

/** Only a probe goes without a condition. */
const isPiece = ({ ifRange }: NginxAnswer): boolean => ifRange !== '';

const sentBytes = (answers: readonly NginxAnswer[]): number =>
  answers.reduce((sum, { bodyBytesSent }) => sum + bodyBytesSent, 0);
