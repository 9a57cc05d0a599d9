import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Chance } from '../simulation/chance.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { reached, startCli } from '../support/cli-process.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startS3Double } from '../support/s3-double.ts';
import type { S3Server } from '../support/s3-process.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';

// The real binary, killed with SIGKILL at points drawn from a seed, and started again with the same command until it is
// through. The points are bytes that the origin has sent, not times: a slow machine meets the same ones.

const MIB = 1024 ** 2;
const PARALLEL = 4;
const KILLS = 4;
const BUCKET = 'kills';

interface Shape {
  readonly sizeBytes: number;
  readonly pieceBytes: number;
  /** Of one connection. */
  readonly bytesPerSecond: number;
  /** Pieces that are on their way at a time: to S3 some are put while others are read. */
  readonly inFlight: number;
}

const TO_FILE: Shape = { sizeBytes: 48 * MIB, pieceBytes: MIB, bytesPerSecond: 16 * MIB, inFlight: PARALLEL };
const TO_STORE: Shape = { sizeBytes: 100 * MIB, pieceBytes: 5 * MIB, bytesPerSecond: 32 * MIB, inFlight: 2 * PARALLEL };

let home: string;
/** Where results go: what is left behind is seen here. */
let folder: string;
let origin: Origin;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-kill-'));
  folder = join(home, 'files');
  await mkdir(folder);
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const sentBytes = (): number => origin.requests.reduce((sum, request) => sum + request.bytesSent, 0);

/** Kills run after run, then lets one come to its end. Returns what the runs said. */
async function runUnderKills(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  chance: Chance,
  { sizeBytes }: Shape,
): Promise<readonly string[]> {
  const said: string[] = [];
  for (let kills = 0; kills < KILLS; kills += 1) {
    const cli = startCli(args, { cwd: folder, environment: { HOME: home, ...environment } });
    const at = sentBytes() + chance.between(1, sizeBytes / KILLS);
    await reached(() => sentBytes() >= at, cli);
    cli.process.kill('SIGKILL');
    const { signal, stderr } = await cli.ended;
    // It can't be through: all the runs that are killed together were not sent enough for that.
    expect(signal, stderr).toBe('SIGKILL');
    said.push(stderr);
  }
  const last = await startCli(args, { cwd: folder, environment: { HOME: home, ...environment } }).ended;
  expect(last.exitCode, last.stderr).toBe(0);
  return [...said, last.stderr];
}

/** Where pieces begin that were asked for, one for each request. Only a probe asks without a condition. */
function askedPieces(pieceBytes: number): readonly number[] {
  const starts = origin.requests.flatMap(({ headers }) =>
    headers['if-range'] === undefined ? [] : [Number(/^bytes=(\d+)-/.exec(headers['range'] ?? '')?.[1])],
  );
  // The rest of a piece whose connection broke begins within it.
  return starts.filter((start) => start % pieceBytes === 0);
}

function expectLittleTwice({ sizeBytes, pieceBytes, inFlight }: Shape): void {
  const asked = askedPieces(pieceBytes);
  expect(new Set(asked).size).toBe(sizeBytes / pieceBytes);
  expect(asked.length * pieceBytes - sizeBytes).toBeLessThanOrEqual(KILLS * inFlight * pieceBytes);
}

function commandFor(to: string, { sizeBytes, pieceBytes, bytesPerSecond }: Shape): string[] {
  const url = origin.serve('/killed.bin', { size: sizeBytes, etag: '"v1"', bytesPerSecond });
  return ['copy', url, to, '--parallel', String(PARALLEL), '--piece-size', String(pieceBytes)];
}

describe('killed again and again', () => {
  test.each([
    { seed: 1, directWrites: 'auto' },
    { seed: 2, directWrites: 'auto' },
    { seed: 1, directWrites: 'always' },
  ])('to a file, seed $seed, direct writes: $directWrites', async ({ seed, directWrites }) => {
    const target = join(folder, 'killed.bin');
    const environment = { PIECEWORK_DIRECT_WRITES: directWrites };
    const said = await runUnderKills(commandFor(target, TO_FILE), environment, chanceFrom(seed), TO_FILE);
    expect(sha256(await readFile(target))).toBe(sha256(patternBytes(0, TO_FILE.sizeBytes)));
    expectLittleTwice(TO_FILE);
    expect(said.join('')).toMatch(/resuming \w+: \d+ of 48 pieces present/);
    expect(await readdir(folder)).toEqual(['killed.bin']);
  });

  test('to an S3 store', async () => {
    await using server = await startS3Double();
    await toStore(server, 3);
    expect(server.openUploads()).toEqual([]);
  });
});

await withServer('versitygw', versitygw, (start) => {
  test('killed again and again, to versitygw', async () => {
    await using server = await start();
    await toStore(server, 4);
  });
});

async function toStore({ endpoint, region, credentials }: S3Server, seed: number): Promise<void> {
  const requestHandler = new NodeHttpHandler({ httpAgent: { keepAlive: false } });
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, requestHandler });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const store = ['--endpoint-url', endpoint, '--region', region];
  const environment = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const command = [...commandFor(`s3://${BUCKET}/killed.bin`, TO_STORE), ...store];
  const said = await runUnderKills(command, environment, chanceFrom(seed), TO_STORE);
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'killed.bin' }));
  expect(sha256((await Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(
    sha256(patternBytes(0, TO_STORE.sizeBytes)),
  );
  expectLittleTwice(TO_STORE);
  expect(said.join('')).toMatch(/resuming \w+: \d+ of 20 pieces present/);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  expect(Uploads).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
  client.destroy();
}
