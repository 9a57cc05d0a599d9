import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Server } from '../../test/support/s3-process.ts';
import { ServerMissing } from '../../test/support/s3-process.ts';
import { versitygw } from '../../test/support/versitygw.ts';
import { minio } from './minio.ts';
import { startServerProcess } from './server-process.ts';

export const REAL_STORES = ['versitygw', 'minio'] as const;
/** And the one of our tests, for trials. */
export const STORES = [...REAL_STORES, 'double'] as const;
export type StoreName = (typeof STORES)[number];

/** An S3 store in a process of its own, with one bucket. */
export interface Store extends AsyncDisposable {
  readonly name: StoreName;
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  /** By which programs that speak S3 find and enter it. */
  readonly environment: Readonly<Record<string, string>>;
  sha256(key: string): Promise<string>;
  remove(key: string): Promise<void>;
}

/** `undefined` where this machine has no such store. */
export async function findStore(name: StoreName): Promise<(() => Promise<Store>) | undefined> {
  if (name === 'double') return () => storeOf(name, startDouble());
  try {
    const start = await (name === 'minio' ? minio() : versitygw());
    return () => storeOf(name, start());
  } catch (error) {
    if (error instanceof ServerMissing) return undefined;
    throw error;
  }
}

/** The real ones that this machine has, each started when it is first needed. */
export interface Stores extends AsyncDisposable {
  readonly names: readonly StoreName[];
  open(name: StoreName): Promise<Store>;
}

export async function openStores(): Promise<Stores> {
  const found = new Map<StoreName, () => Promise<Store>>();
  for (const name of REAL_STORES) {
    const start = await findStore(name);
    if (start !== undefined) found.set(name, start);
  }
  const running = new AsyncDisposableStack();
  const opened = new Map<StoreName, Store>();
  return {
    names: [...found.keys()],
    async open(name) {
      const start = found.get(name);
      if (start === undefined) throw new ServerMissing(`${name} is not on this machine`);
      const store = opened.get(name) ?? running.use(await start());
      opened.set(name, store);
      return store;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The double, whose every PUT of an object takes so long. */
export async function slowStore(putDelayMs: number): Promise<Store> {
  return await storeOf('double', startDouble(putDelayMs));
}

async function storeOf(name: StoreName, starting: Promise<S3Server>): Promise<Store> {
  const server = await starting;
  const { endpoint, region, credentials } = server;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const bucket = 'bench';
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    name,
    bucket,
    endpoint,
    region,
    environment: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    async sha256(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await sha256Of(Body as Readable);
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function startDouble(putDelayMs?: number): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-double-'));
  const server = await startServerProcess(
    new URL('./s3-double-process.ts', import.meta.url),
    folder,
    ...(putDelayMs === undefined ? [] : [putDelayMs]),
  );
  return {
    ...(JSON.parse(server.line) as Pick<S3Server, 'endpoint' | 'region' | 'credentials'>),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const sha256OfFile = (path: string): Promise<string> =>
  sha256Of(createReadStream(path, { highWaterMark: 1024 ** 2 }));

async function sha256Of(bytes: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(bytes, hash);
  return hash.digest('hex');
}
