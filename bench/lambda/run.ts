import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { CompletedPart } from '@aws-sdk/client-s3';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ENV, STAGES, WINDOW_BYTES, WINDOW_COUNT } from '../../lib/aws/names.ts';
import { median } from '../../lib/values/median.ts';
import { bundleFunction } from '../../scripts/bundling/functions.ts';
import { versitygw } from '../../test/support/versitygw.ts';
import { table } from '../report/tables.ts';
import type { NoiseFile } from '../servers/origin.ts';
import { startBenchOrigin } from '../servers/origin.ts';
import { environment } from '../start/cold-start.ts';
import { deploy } from './deployment.ts';

const HELP = `node bench/lambda/run.ts [--rounds 3] [--size MIB]

CPU of the data path on AWS, HTTPS on both sides: a fetcher's bundle in a process of its own, given pieces as Lambda gives
them, beside a relay by hand that does only what must be done.`;

const MIB = 1024 ** 2;
const GB = 1e9;
const RELAY = fileURLToPath(new URL('relay-child.js', import.meta.url));
/** Not counted: code is compiled, connections are made. */
const WARM_UP_PARTS = 2 * WINDOW_COUNT;

interface Figures {
  readonly cpuMs: number;
  readonly bytes: number;
  readonly peakRssBytes: number;
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    rounds: { type: 'string', default: '3' },
    size: { type: 'string', default: '1024' },
  },
});
if (values.help === true) console.log(HELP);
else await measure(Number(values.rounds), Number(values.size) * MIB);

async function measure(rounds: number, sizeBytes: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-lambda-'));
  try {
    for (const stage of STAGES) await bundleFunction(stage, join(folder, stage));
    await using origin = await startBenchOrigin();
    const { caFile } = origin.nginx;
    const [certFile, keyFile] = [join(dirname(caFile), 'cert.pem'), join(dirname(caFile), 'key.pem')];
    await using store = await (await versitygw())({ certFile, keyFile });
    const file = await origin.file(sizeBytes);
    const { url } = await origin.entrance('https', file);
    const warmUp = await origin.entrance('https', await origin.file(WARM_UP_PARTS * WINDOW_BYTES));
    const agent = new Agent({ ca: await readFile(caFile) });
    const client = new S3Client({
      endpoint: store.endpoint,
      region: store.region,
      credentials: store.credentials,
      forcePathStyle: true,
      requestHandler: new NodeHttpHandler({ httpsAgent: agent }),
    });
    for (const Bucket of ['records', 'target']) await client.send(new CreateBucketCommand({ Bucket }));
    const job = { folder, url, warmUpUrl: warmUp.url, file, caFile, client, store };
    const rows = new Map<string, Figures[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, one] of [
        ['fetcher', byFetcher],
        ['relay by hand', byRelay],
      ] as const) {
        const figures = await one(job);
        await checkArrived(client, file);
        rows.set(name, [...(rows.get(name) ?? []), figures]);
        console.error(`${name}: ${secondsPerGb(figures).toFixed(2)} CPU s per GB`);
      }
    }
    const relay = median((rows.get('relay by hand') ?? []).map(secondsPerGb));
    const cells = [...rows].map(([name, all]) => {
      const seconds = median(all.map(secondsPerGb));
      const range = `${Math.min(...all.map(secondsPerGb)).toFixed(2)} to ${Math.max(...all.map(secondsPerGb)).toFixed(2)}`;
      const rss = median(all.map(({ peakRssBytes }) => peakRssBytes / MIB)).toFixed(0);
      return [name, `${seconds.toFixed(2)} (${range})`, (seconds / relay).toFixed(2), rss];
    });
    console.log(table(['who', 'CPU s per GB (range)', '÷ relay', 'peak RSS MiB'], cells));
    client.destroy();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function secondsPerGb({ cpuMs, bytes }: Figures): number {
  return cpuMs / 1000 / (bytes / GB);
}

interface Job {
  readonly folder: string;
  readonly url: string;
  /** Of a smaller file. */
  readonly warmUpUrl: string;
  readonly file: NoiseFile;
  readonly caFile: string;
  readonly client: S3Client;
  readonly store: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
}

async function byFetcher({ folder, url, warmUpUrl, file, caFile, store }: Job): Promise<Figures> {
  const { accessKeyId, secretAccessKey } = store.credentials;
  await using deployment = await deploy(folder, (services) => ({
    ...environment(services),
    AWS_ENDPOINT_URL_S3: store.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    NODE_EXTRA_CA_CERTS: caFile,
    [ENV.sources]: JSON.stringify({
      allowHosts: [],
      denyHosts: [],
      privateHosts: ['127.0.0.1'],
      ports: [url, warmUpUrl].map((one) => Number(new URL(one).port)),
      schemes: ['https'],
      buckets: [],
    }),
  }));
  async function bring(from: string, key: string): Promise<Pick<Figures, 'cpuMs' | 'peakRssBytes'>> {
    await deployment.submit({
      source: { url: from },
      destination: { bucket: 'target', key },
      options: { pieceSizeBytes: WINDOW_BYTES },
    });
    let last = { cpuMs: 0, peakRssBytes: 0 };
    await deployment.run((answer) => {
      last = answer;
    });
    return last;
  }
  const before = await bring(warmUpUrl, 'warm-up.bin');
  const { cpuMs, peakRssBytes } = await bring(url, 'out.bin');
  return { cpuMs: cpuMs - before.cpuMs, bytes: file.sizeBytes, peakRssBytes };
}

async function byRelay({ url, file, caFile, client, store }: Job): Promise<Figures> {
  const named = { Bucket: 'target', Key: 'out.bin' };
  const { UploadId = '' } = await client.send(
    new CreateMultipartUploadCommand({ ...named, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }),
  );
  const options = {
    source: url,
    object: `${store.endpoint}/target/out.bin`,
    uploadId: UploadId,
    sizeBytes: file.sizeBytes,
    partBytes: WINDOW_BYTES,
    atOnce: WINDOW_COUNT,
    warmUpParts: WARM_UP_PARTS,
    region: store.region,
    ...store.credentials,
  };
  const { stdout } = await promisify(execFile)(process.execPath, [RELAY, JSON.stringify(options)], {
    env: { NODE_EXTRA_CA_CERTS: caFile },
  });
  const { made, ...figures } = JSON.parse(stdout) as Figures & { readonly made: CompletedPart[] };
  await client.send(new CompleteMultipartUploadCommand({ ...named, UploadId, MultipartUpload: { Parts: made } }));
  return figures;
}

/** @throws Error when what arrived is not what was sent. */
async function checkArrived(client: S3Client, file: NoiseFile): Promise<void> {
  const named = { Bucket: 'target', Key: 'out.bin' };
  const { Body } = await client.send(new GetObjectCommand(named));
  const sum = createHash('sha256');
  for await (const chunk of Body as Readable) sum.update(chunk as Buffer);
  if (sum.digest('hex') !== file.sha256) throw new Error('what arrived is not what was sent');
  await client.send(new DeleteObjectCommand(named));
}
