import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, GetObjectCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import type { Ended } from '../support/cli-process.ts';
import { reached, startCli } from '../support/cli-process.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { S3Server } from '../support/s3-process.ts';
import type { MortalS3Server } from '../support/versitygw.ts';
import type { Relay } from './relay.ts';
import { startRelay } from './relay.ts';
import { mountSmall } from './small-disk.ts';

const MIB = 1024 ** 2;
const MOST_RUNS = 12;
const EARLY_MS = 150;

/** What goes wrong in a round. `disk` is for files only, `store` and `restart` for a store. */
export const FAULTS = ['kill', 'early', 'network', 'store', 'restart', 'disk'] as const;
export type Fault = (typeof FAULTS)[number];

export interface RoundResult {
  readonly fault: Fault;
  readonly to: 'file' | 's3';
  readonly sizeBytes: number;
  readonly runs: number;
  /** Kills, cuts, restarts. */
  readonly faults: number;
  readonly sentBytes: number;
  readonly exitCodes: readonly (number | string)[];
  /** What was killed before it had a plan, and waits for `clean`. */
  readonly waiting: number;
  /** `undefined` = all is well. */
  readonly wrong?: string;
}

/** One transfer of random size and content under one kind of fault, by the same command until it ends well. */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one story, in order
export async function playRound(
  fault: Fault,
  to: 'file' | 's3',
  random: () => number,
  start: () => Promise<S3Server | MortalS3Server>,
): Promise<RoundResult> {
  await using things = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'piecework-round-'));
  things.defer(() => rm(home, { recursive: true, force: true }));
  const sizeBytes = Math.floor((20 + 60 * random()) * MIB);
  const seed = 1 + Math.floor(random() * 1e6);
  const origin = things.use(await startOrigin());
  origin.serve('/file.bin', { size: sizeBytes, seed, bytesPerSecond: 6 * MIB });
  const toOrigin = things.use(await startRelay(() => origin.port));
  const server = to === 's3' ? things.use(await start()) : undefined;
  const toStore =
    server === undefined ? undefined : things.use(await startRelay(() => Number(new URL(server.endpoint).port)));
  const disk =
    fault === 'disk' ? things.use(await mountSmall(join(home, 'disk'), Math.floor(sizeBytes / 2))) : undefined;
  const folder = disk?.folder ?? join(home, 'files');
  const client = server === undefined ? undefined : plainClient(server);
  things.defer(() => client?.destroy());
  await client?.send(new CreateBucketCommand({ Bucket: 'rounds' }));

  const args = [
    'copy',
    `http://127.0.0.1:${toOrigin.port}/file.bin`,
    to === 's3' ? 's3://rounds/file.bin' : `${folder}/`,
  ];
  const options = ['--parallel', '4', '--piece-size', to === 's3' ? '5MiB' : '1MiB'];
  const store =
    toStore === undefined ? [] : ['--endpoint-url', `http://127.0.0.1:${toStore.port}`, '--region', 'us-east-1'];
  const credentials =
    server === undefined
      ? {}
      : {
          AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
        };
  const sent = () => origin.requests.reduce((sum, request) => sum + request.bytesSent, 0);
  const exitCodes: (number | string)[] = [];
  let faults = 0;
  let ended: Ended | undefined;
  let runs = 0;
  while (ended?.exitCode !== 0 && runs < MOST_RUNS) {
    runs += 1;
    const cli = startCli([...args, ...options, ...store], { cwd: home, environment: { HOME: home, ...credentials } });
    // A store that is restarted is so three times in one run: the run outlives it.
    for (let last = fault === 'restart' ? 3 : faults + 1; faults < Math.min(last, 3) && fault !== 'disk'; ) {
      const asked = origin.requests.length;
      const at = sent() + Math.floor(random() * sizeBytes * 0.5);
      // Early: about when it is recorded and planned, which begins with the first answer of the source.
      if (!(await reached(() => (fault === 'early' ? origin.requests.length > asked : sent() >= at), cli))) break;
      if (fault === 'early') await sleep(random() * EARLY_MS);
      faults += 1;
      if (fault === 'kill' || fault === 'early') cli.process.kill('SIGKILL');
      else if (fault === 'restart') await restart(server, Math.floor(random() * 3_000));
      else
        await outage(
          fault === 'store' && toStore !== undefined ? toStore : toOrigin,
          2_000 + Math.floor(random() * 18_000),
        );
    }
    ended = await cli.ended;
    exitCodes.push(ended.exitCode ?? String(ended.signal));
    if (fault === 'disk' && ended.exitCode !== 0) {
      faults += 1;
      await disk?.resize(4 * sizeBytes);
    }
  }
  const outcome = { fault, to, sizeBytes, runs, faults, sentBytes: sent(), exitCodes };
  const body = await client?.send(new GetObjectCommand({ Bucket: 'rounds', Key: 'file.bin' })).catch(() => undefined);
  const found =
    client === undefined
      ? await readFile(join(folder, 'file.bin')).catch(() => undefined)
      : await body?.Body?.transformToByteArray();
  const left = await leftOf(home, folder, client);
  const wrong =
    ended?.exitCode !== 0
      ? `it never ended well: ${ended?.stderr}`
      : found === undefined
        ? 'nothing is there'
        : !patternBytes(0, sizeBytes, seed).equals(found)
          ? 'other bytes'
          : left.wrong;
  return { ...outcome, waiting: left.waiting, ...(wrong === undefined ? {} : { wrong }) };
}

function plainClient({ endpoint, region, credentials }: S3Server): S3Client {
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true });
}

async function outage(relay: Relay, ms: number): Promise<void> {
  await relay.cut();
  await sleep(ms);
  await relay.mend();
}

async function restart(server: S3Server | MortalS3Server | undefined, ms: number): Promise<void> {
  if (server === undefined || !('crash' in server)) throw new Error('this store cannot be restarted');
  await server.crash();
  await sleep(ms);
  await server.revive();
}

interface Left {
  /** What should not be there any more. */
  readonly wrong?: string;
  /**
   * Transfers killed before they had a plan: marker and perhaps an upload without parts wait for
   * `clean` (protocol, rule 16 and §6).
   */
  readonly waiting: number;
}

async function leftOf(home: string, folder: string, client: S3Client | undefined): Promise<Left> {
  const state = join(home, '.local', 'state', 'piecework');
  const names = async (path: string) => await readdir(path).catch(() => []);
  const files = (await names(folder)).filter((name) => name !== 'file.bin');
  const locks = await names(join(state, 'locks'));
  const markers = await names(join(state, 'active'));
  const unplanned = await Promise.all(markers.map((marker) => isUnplanned(join(state, 'transfers'), marker)));
  const waiting = unplanned.filter(Boolean).length;
  const uploads = (await client?.send(new ListMultipartUploadsCommand({ Bucket: 'rounds' })))?.Uploads ?? [];
  const left = [
    ...files,
    ...locks,
    ...markers.filter((_, at) => unplanned[at] !== true),
    ...uploads.slice(waiting).map(({ UploadId }) => `upload ${UploadId}`),
  ];
  return left.length === 0 ? { waiting } : { waiting, wrong: `left behind: ${left.join(', ')}` };
}

/** Killed between marker and record, or between the intent to create an upload and the record of it. */
async function isUnplanned(transfers: string, marker: string): Promise<boolean> {
  const id = marker.slice(0, 26);
  const text = await readFile(join(transfers, `${id}.json`), 'utf8').catch(() => undefined);
  if (text === undefined) return true;
  return (JSON.parse(text) as { value: { creating: readonly unknown[] } }).value.creating.length > 0;
}
