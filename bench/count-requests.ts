import type { BatchCase } from './count/batch.ts';
import { countBatch } from './count/batch.ts';
import type { Case } from './count/transfer.ts';
import { countTransfer } from './count/transfer.ts';

/*
 * node bench/count-requests.ts: what one transfer asks of AWS, counted on the use cases and the
 * batching that the functions run, in simulated time; and what a batch asks.
 * A piece takes 2 s (or what the case says), give
 * or take half; a request of S3 30 ms.
 */

const cases: readonly Case[] = [
  { pieceCount: 1000, places: 8, failing: 0 },
  { pieceCount: 1000, places: 16, failing: 0 },
  { pieceCount: 1000, places: 16, failing: 0, pieceSeconds: 1 },
  { pieceCount: 1000, places: 16, failing: 0, pieceSeconds: 4 },
  { pieceCount: 1000, places: 16, failing: 0, pieceSeconds: 16 },
  { pieceCount: 8000, places: 16, failing: 0, pieceSeconds: 16 },
  { pieceCount: 1000, places: 16, failing: 0, pieceSeconds: 0.5 },
  { pieceCount: 1000, places: 16, failing: 0, windowSeconds: 2 },
  { pieceCount: 1000, places: 16, failing: 0, pieceSeconds: 4, windowSeconds: 2 },
  { pieceCount: 1000, places: 32, failing: 0 },
  { pieceCount: 1000, places: 64, failing: 0 },
  { pieceCount: 1000, places: 64, failing: 0.05 },
  { pieceCount: 10_000, places: 256, failing: 0 },
];
console.log(
  '| pieces | places | piece | failing | window | piece messages | UploadPart | other PUT, LIST | GET, HEAD | SQS sends | fetcher runs | fetcher s | finalizer runs | largest record | ends after |',
);
console.log(`|${' --- |'.repeat(16)}`);
for (const one of cases) {
  const counted = await countTransfer(one);
  const { requests, pieceCount, places, failing, windowSeconds, pieceSeconds } = counted;
  const { finalizerRuns, fetcherRuns, seconds } = counted;
  const per = (number: number) => (number / pieceCount).toFixed(3);
  const names = requests.all.map(([name]) => name);
  const parts = requests.of('PUT UploadPart');
  const puts = requests.of(...names.filter((name) => /^(PUT|LIST)/.test(name))) - parts;
  const gets = requests.of(...names.filter((name) => /^(GET|HEAD)/.test(name)));
  const sends = requests.of(...names.filter((name) => name.endsWith('sends')));
  const cells = [
    pieceCount,
    places,
    `${pieceSeconds} s`,
    `${failing * 100} %`,
    `${windowSeconds} s`,
    per(requests.of('piece messages')),
    per(parts),
    per(puts),
    per(gets),
    per(sends),
    fetcherRuns,
    Math.round(counted.fetcherSeconds),
    finalizerRuns,
    `${requests.recordBytes} B`,
    `${Math.round(seconds)} s`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
  if (process.argv.includes('--all')) for (const [name, number] of requests.all) console.log(`    ${name}: ${number}`);
}

/* The same for batches of small entries, per entry. */
const batches: readonly BatchCase[] = [
  { entries: 2_000, hosts: 1, getMs: 50 },
  { entries: 20_000, hosts: 1, getMs: 50 },
  { entries: 20_000, hosts: 8, getMs: 50 },
  { entries: 20_000, hosts: 8, getMs: 1_000 },
];
console.log(
  '\n| entries | hosts | GET | object PUT | other PUT, LIST | GET, HEAD | SQS sends | fetcher runs | fetcher seconds | finalizer runs | ends after |',
);
console.log(`|${' --- |'.repeat(11)}`);
for (const one of batches) {
  const { requests, entries, hosts, getMs, ...counted } = await countBatch(one);
  const names = requests.all.map(([name]) => name);
  const per = (number: number) => (number / entries).toFixed(4);
  const objects = requests.of('PUT object');
  const cells = [
    entries,
    hosts,
    `${getMs} ms`,
    per(objects),
    per(requests.of(...names.filter((name) => /^(PUT|LIST)/.test(name))) - objects),
    per(requests.of(...names.filter((name) => /^(GET|HEAD)/.test(name)))),
    per(requests.of(...names.filter((name) => name.endsWith('sends')))),
    counted.fetcherRuns,
    Math.round(counted.fetcherSeconds),
    counted.finalizerRuns,
    `${Math.round(counted.seconds)} s`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
  if (process.argv.includes('--all')) for (const [name, number] of requests.all) console.log(`    ${name}: ${number}`);
}
