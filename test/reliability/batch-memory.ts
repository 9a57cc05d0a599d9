import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Outcome } from '../../lib/index.ts';
import { startCli } from '../support/cli-process.ts';
import { listenOnLoopback } from '../support/loopback.ts';

// By hand, Linux: npm run rounds:memory -- [--entries 10000,1000000]. The real command line brings so many tiny files
// from a local server, and the most memory that it took is compared. Ends with 1 if an entry has no outcome or other
// bytes, or if the largest list took a fifth more memory than the smallest.

const { values } = parseArgs({ options: { entries: { type: 'string', default: '10000,1000000' } } });
const MOST_GROWTH = 1.2;
const PER_FOLDER = 1_000;
const LOOK_EVERY_MS = 100;
const REPORT_EVERY = 100_000;

const served = { requests: 0 };

function bodyOf(number: number): string {
  return `entry ${number}\n`.repeat(1 + (number % 9));
}

function nameOf(number: number): string {
  return `d${Math.floor(number / PER_FOLDER)}/${number}.txt`;
}

interface Cost {
  readonly peakMiB: number;
  readonly cpuSeconds: number;
}

/** What the process took so far, by proc(5); `undefined` once it has ended. */
async function costOf(pid: number | undefined): Promise<Cost | undefined> {
  const [status, stat] = await Promise.all(
    ['status', 'stat'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
  );
  const peakKiB = /^VmHWM:\s+(\d+) kB$/m.exec(status ?? '')?.[1];
  if (peakKiB === undefined || stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { peakMiB: Number(peakKiB) / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}

async function play(base: string, count: number): Promise<Cost & { readonly seconds: number }> {
  const home = await mkdtemp(join(tmpdir(), 'piecework-batch-memory-'));
  try {
    const list = join(home, 'list.csv');
    const rows = function* () {
      yield 'url,name\n';
      for (let number = 1; number <= count; number += 1) yield `${base}/${number},${nameOf(number)}\n`;
    };
    await pipeline(Readable.from(rows()), createWriteStream(list));
    const report = join(home, 'report.jsonl');
    const startedAt = performance.now();
    const cli = startCli(['batch', list, join(home, 'out'), '--quiet', '--report', report], { cwd: home });
    let cost: Cost = { peakMiB: 0, cpuSeconds: 0 };
    let isOver = false;
    let reportAt = REPORT_EVERY;
    served.requests = 0;
    const ended = cli.ended.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      cost = (await costOf(cli.process.pid)) ?? cost;
      if (served.requests >= reportAt) {
        process.stdout.write(`  ${reportAt} asked for: ${cost.peakMiB.toFixed(0)} MiB at most\n`);
        reportAt += REPORT_EVERY;
      }
      await Promise.race([ended, sleep(LOOK_EVERY_MS)]);
    }
    const { exitCode, stderr } = await ended;
    const seconds = (performance.now() - startedAt) / 1000;
    if (exitCode !== 0) throw new Error(`${count} entries ended with ${exitCode}: ${stderr.slice(-500)}`);
    await check(home, report, count);
    return { ...cost, seconds };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** One outcome for each entry, in list order; and the bytes of one file in a hundred. */
async function check(home: string, report: string, count: number): Promise<void> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(report) })) {
    const { entry, kind, name } = JSON.parse(line) as Outcome;
    number += 1;
    if (entry !== number || kind !== 'done') throw new Error(`outcome ${number} is ${line}`);
    if (number % 100 !== 1) continue;
    if ((await readFile(join(home, 'out', name), 'utf8')) !== bodyOf(number))
      throw new Error(`${name} has other bytes`);
  }
  if (number !== count) throw new Error(`${number} outcomes of ${count} entries`);
}

const server = createServer(({ url = '' }, response) => {
  served.requests += 1;
  const body = bodyOf(Number(url.slice(1)));
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length, etag: `"${url}"` }).end(body);
});
const base = `http://127.0.0.1:${await listenOnLoopback(server)}`;
const peaks: number[] = [];
for (const text of values.entries.split(',')) {
  const { peakMiB, cpuSeconds, seconds } = await play(base, Number(text));
  peaks.push(peakMiB);
  const cost = `${peakMiB.toFixed(0)} MiB at most, ${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(0)} s of CPU time`;
  process.stdout.write(`${text} entries: ${cost}\n`);
}
const growth = (peaks.at(-1) ?? 0) / (peaks[0] ?? 1);
process.stdout.write(`the last took ${growth.toFixed(2)} times the memory of the first\n`);
process.exitCode = growth <= MOST_GROWTH ? 0 : 1;
server.closeAllConnections();
server.close();
