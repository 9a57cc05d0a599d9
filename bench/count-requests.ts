import type { BatchCase } from './count/batch.ts';
import { countBatch } from './count/batch.ts';
import type { StreamCase } from './count/stream.ts';
import { countStream } from './count/stream.ts';
import type { Case } from './count/transfer.ts';
import { countTransfer } from './count/transfer.ts';

/*
 * node bench/count-requests.ts: what one transfer asks of AWS, counted on the use cases and the batching that the
 * functions run, in simulated time; what a stream asks, which is handed over to a worker of its own; and what a batch
 * asks. A piece takes 2 s (or what the case says), give or take half; a request of S3 30 ms.
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

/* The same for streams. */
const streams: readonly StreamCase[] = [
  { parts: 10, partSeconds: 2 },
  { parts: 100, partSeconds: 2 },
  { parts: 40, partSeconds: 15 },
];
console.log(
  '\n| parts | part | UploadPart | other PUT, LIST | GET, HEAD | SQS messages | planner runs | finalizer runs | ends after |',
);
console.log(`|${' --- |'.repeat(9)}`);
for (const one of streams) {
  const { requests, parts, partSeconds, plannerRuns, finalizerRuns, seconds } = await countStream(one);
  const names = requests.all.map(([name]) => name);
  const of = (kind: RegExp) => requests.of(...names.filter((name) => kind.test(name)));
  const uploaded = requests.of('PUT UploadPart');
  const asked = [uploaded, of(/^(PUT|LIST)/) - uploaded, of(/^(GET|HEAD)/), of(/messages$/)];
  const cells = [parts, `${partSeconds} s`, ...asked, plannerRuns, finalizerRuns, `${Math.round(seconds)} s`];
  console.log(`| ${cells.join(' | ')} |`);
  if (process.argv.includes('--all')) for (const [name, number] of requests.all) console.log(`    ${name}: ${number}`);
}

/* What fits one window is put at once: each request that it asks for, in order. */
const small = (await countTransfer({ pieceCount: 1, places: 16, failing: 0 })).requests.inOrder;
const numberOf = (kind: RegExp) => small.filter((name) => kind.test(name)).length;
console.log('\n| a small file | PUT | GET, HEAD | SQS sends |\n| --- | --- | --- | --- |');
console.log(`| | ${numberOf(/^PUT/)} | ${numberOf(/^(GET|HEAD)/)} | ${numberOf(/sends$/)} |`);
console.log(small.filter((name) => !name.endsWith(' messages')).join(', '));

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
