import { FETCHER_CONNECTIONS } from '../lib/aws/names.ts';
import type { DeploymentCase } from './count/deployment.ts';
import { countDeployment } from './count/deployment.ts';

/*
 * node bench/count-deployments.ts: whole deployments on the code of the functions, with their tick, in simulated time.
 * A piece takes its seconds, give or take half; a request of S3 30 ms.
 */

/** Enough for all connections where each fetcher has those that it begins with. */
const manned = (connections: number) => Math.ceil(connections / FETCHER_CONNECTIONS.least);

const cases: readonly DeploymentCase[] = [
  // 48.8 TiB in 10,000 pieces of 5 GiB, at 50 MiB/s a connection.
  {
    ...{ transfers: 1, hosts: 1, pieceCount: 10_000, pieceSeconds: 100, everySeconds: 0 },
    ...{ connections: 64, fetchers: manned(64) },
  },
  ...[
    { connections: 16, fetchers: manned(16) },
    { connections: 256, fetchers: manned(256) },
    // A transfer that has one place of its host has a fetcher for it alone.
    { connections: 256, fetchers: 256 },
  ].map((room) => ({ transfers: 5_000, hosts: 1, pieceCount: 8, pieceSeconds: 4, everySeconds: 0.1, ...room })),
  // Three hours of 10,000 a day.
  {
    ...{ transfers: 1_250, hosts: 100, pieceCount: 64, pieceSeconds: 4, everySeconds: 8.64 },
    ...{ connections: 16, fetchers: manned(16 * 100) },
  },
];

const [only] = process.argv.slice(2);
console.log(
  '| transfers | hosts | pieces each | piece | connections a host | fetchers | other PUT, LIST a piece | GET, HEAD a piece | PUT of hosts a transfer | swaps lost | largest record | largest host | open at once | longest tick | ends after | at full use |',
);
console.log(`|${' ---: |'.repeat(16)}`);
for (const [nth, one] of cases.entries()) {
  if (only !== undefined && Number(only) !== nth) continue;
  const counted = await countDeployment(one);
  const { requests, transfers, hosts, pieceCount, pieceSeconds, connections, fetchers, everySeconds } = counted;
  const pieces = transfers * pieceCount;
  const of = (pattern: RegExp) =>
    requests.all.reduce((sum, [name, count]) => sum + (pattern.test(name) ? count : 0), 0);
  const full = (pieces * pieceSeconds) / (hosts * connections);
  const cells = [
    transfers.toLocaleString('en'),
    hosts,
    pieceCount.toLocaleString('en'),
    `${pieceSeconds} s`,
    connections,
    fetchers,
    ((of(/^(PUT|LIST)/) - requests.of('PUT UploadPart')) / pieces).toFixed(3),
    (of(/^(GET|HEAD)/) / pieces).toFixed(2),
    (requests.of('PUT hosts') / transfers).toFixed(1),
    counted.lostHostSwaps,
    `${requests.recordBytes.toLocaleString('en')} B`,
    `${counted.hostRecordBytes.toLocaleString('en')} B`,
    counted.mostOpen.toLocaleString('en'),
    `${counted.longestTickSeconds.toFixed(1)} s`,
    `${Math.round(counted.seconds).toLocaleString('en')} s`,
    `${Math.round(Math.max(full, everySeconds * transfers)).toLocaleString('en')} s`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
  if (process.argv.includes('--all')) for (const [name, number] of requests.all) console.log(`    ${name}: ${number}`);
}
