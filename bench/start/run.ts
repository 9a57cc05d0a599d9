import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { STAGES } from '../../lib/aws/names.ts';
import { median } from '../../lib/values/median.ts';
import { bundleCommand } from '../../scripts/bundling/command.ts';
import { bundleFunction } from '../../scripts/bundling/functions.ts';
import { ROOT } from '../../scripts/bundling/options.ts';
import type { Command } from '../measuring/measure.ts';
import { findMeasurer } from '../measuring/measure.ts';
import { table } from '../report/tables.ts';
import { coldStarts } from './cold-start.ts';

const HELP = `node bench/start/run.ts [--rounds 20] [PACKAGE…]

What a start costs, in turn: Node alone, \`piecework --version\`, 1 byte over HTTP into a file, and the cold start of each
function. A PACKAGE is a folder with bin and dist, as npm unpacks it; without one it is built from this checkout.`;

const MIB = 1024 ** 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h' }, rounds: { type: 'string', default: '20' } },
});
if (values.help === true) console.log(HELP);
else await measure(Number(values.rounds), positionals);

interface Figures {
  readonly what: string;
  readonly run: () => Promise<readonly number[]>;
  readonly rows: (readonly number[])[];
}

async function measure(rounds: number, given: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-starts-'));
  const origin = createServer((_, response) => {
    response.writeHead(200, { 'content-length': 1, etag: '"1"', 'accept-ranges': 'bytes' }).end('x');
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  try {
    await using functions = await coldStarts();
    const packages = given.length > 0 ? given : [await packageOf(join(folder, 'now'))];
    const { run } = await findMeasurer();
    const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/1`;
    const surroundings = { HOME: folder, XDG_CONFIG_HOME: folder };
    const node = async (...args: string[]) => {
      const command: Command = { program: process.execPath, args, environment: surroundings };
      const { wallMs, cpuMs, peakRssBytes } = await run(command);
      return [wallMs, cpuMs, peakRssBytes / MIB];
    };
    let copies = 0;
    const commands: Figures[] = [{ what: 'node -e 0', run: () => node('-e', '0'), rows: [] }];
    const starts: Figures[] = [];
    for (const one of packages) {
      const binary = join(one, 'bin', 'piecework.js');
      const named = (what: string) => (packages.length > 1 ? `${what}, ${basename(one)}` : what);
      const copy = () => {
        copies += 1;
        return node(binary, 'copy', '--quiet', url, join(folder, `${copies}.bin`));
      };
      commands.push({ what: named('--version'), run: () => node(binary, '--version'), rows: [] });
      commands.push({ what: named('1 byte'), run: copy, rows: [] });
      for (const stage of STAGES) {
        const start = async () => {
          const cost = await functions.start(stage, join(one, 'dist', 'lambda', stage, 'index.mjs'));
          return [cost.initMs, cost.initCpuMs, cost.firstEventMs, cost.cpuMs, cost.peakRssBytes / MIB];
        };
        starts.push({ what: named(stage), run: start, rows: [] });
      }
    }
    await inTurn(rounds, commands);
    await inTurn(rounds, starts);
    console.log(tableOf(['command', 'wall ms', 'CPU ms', 'peak RSS MiB'], commands));
    console.log(
      tableOf(['function', 'init ms', 'init CPU ms', 'first event ms', 'CPU ms of both', 'peak RSS MiB'], starts),
    );
  } finally {
    origin.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each once in every round, in one order and then in the other; the first round fills caches and does not count. */
async function inTurn(rounds: number, all: readonly Figures[]): Promise<void> {
  for (let round = 0; round <= rounds; round += 1) {
    for (const { run, rows } of round % 2 === 0 ? all : all.toReversed()) {
      const cells = await run();
      if (round > 0) rows.push(cells);
    }
  }
}

function tableOf(head: readonly string[], all: readonly Figures[]): string {
  return table(
    head,
    all.map(({ what, rows }) => [
      what,
      ...head.slice(1).map((_, column) => median(rows.map((cells) => cells[column] ?? 0)).toFixed(0)),
    ]),
  );
}

async function packageOf(folder: string): Promise<string> {
  await bundleCommand(join(folder, 'dist', 'cli'));
  for (const stage of STAGES) await bundleFunction(stage, join(folder, 'dist', 'lambda', stage));
  for (const name of ['bin', 'package.json']) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
