import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { median } from '../../lib/values/median.ts';
import type { Cost } from '../measuring/measure.ts';
import { table } from '../report/tables.ts';
import type { Store } from '../servers/servers.ts';
import { pieceworkCommand } from '../tools/tools.ts';
import type { Trial } from './trial.ts';
import { MIB, trialJob } from './trial.ts';

const ROUNDS = 3;
const SOURCE_KEY = 'source.bin';
const WAYS = ['always', 'never'] as const;

/** 1 GiB from one key of a store to another: copied by the store, and through us, in turns. */
export const serverSideCopy: Trial = async (options) => {
  const { measurer, origin, sizeBytes = 1024 * MIB, openStore, say } = options;
  await using store = await openStore();
  const { name } = await origin.file(sizeBytes);
  await putSource(store, join(origin.nginx.folder, name), sizeBytes);
  const costs: Record<(typeof WAYS)[number], Cost[]> = { always: [], never: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
      await using trial = await trialJob(options, { from: 'http', store, connections: 8, sizeBytes });
      const job = { ...trial.job, url: `s3://${store.bucket}/${SOURCE_KEY}` };
      const from = ['--source-endpoint-url', store.endpoint, '--source-region', store.region];
      const cost = await measurer.run(pieceworkCommand(job, [...from, '--server-side-copy', way]));
      await trial.checkArrived();
      costs[way].push(cost);
      say(`${way}  ${(cost.wallMs / 1000).toFixed(2)} s`);
    }
  }
  const medianOf = (way: (typeof WAYS)[number], field: keyof Cost) => median(costs[way].map((cost) => cost[field]));
  const rows = WAYS.map((way) => {
    const walls = costs[way].map(({ wallMs }) => wallMs / 1000);
    return [
      way,
      `${median(walls).toFixed(2)} (${Math.min(...walls).toFixed(2)} to ${Math.max(...walls).toFixed(2)})`,
      (medianOf(way, 'cpuMs') / 1000).toFixed(2),
      (medianOf(way, 'peakRssBytes') / MIB).toFixed(0),
      (medianOf(way, 'wallMs') / medianOf('always', 'wallMs')).toFixed(2),
      (medianOf(way, 'cpuMs') / medianOf('always', 'cpuMs')).toFixed(2),
    ];
  });
  return `${sizeBytes / MIB} MiB within S3 (${store.name}), 8 connections, medians of ${ROUNDS} in turns; SHA-256 equal each time\n\n${table(
    ['--server-side-copy', 'wall s (range)', 'CPU s', 'peak RSS MiB', 'wall ×', 'CPU ×'],
    rows,
  )}`;
};

/** Without a checksum: versitygw says a wrong one for each part of an object that has one. */
async function putSource(store: Store, path: string, sizeBytes: number): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = store.environment;
  const client = new S3Client({
    endpoint: store.endpoint,
    region: store.region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const Body = createReadStream(path, { highWaterMark: MIB });
  try {
    await client.send(new PutObjectCommand({ Bucket: store.bucket, Key: SOURCE_KEY, Body, ContentLength: sizeBytes }));
  } finally {
    client.destroy();
  }
}
