import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { S3DestinationOptions } from '../../lib/destinations/s3/destination.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { s3Locator } from '../../lib/destinations/s3/locator.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { Subject } from '../contract/destination/bench.ts';
import type { S3Server } from './s3-process.ts';

export interface S3SubjectOptions {
  /** An existing one; else one is made and removed again. */
  readonly bucket?: string;
  readonly pieceBytes?: number;
  readonly destination?: S3DestinationOptions;
}

/** A client that shares nothing with what is tested but the SDK. */
function plainClient(server: S3Server): S3Client {
  return new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    credentials: server.credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: false } }),
  });
}

/** The S3 destination over a server, as the contract suite wants it. The server is stopped with it. */
export async function s3Subject(server: S3Server, options: S3SubjectOptions = {}): Promise<Subject> {
  const client = plainClient(server);
  const bucket = options.bucket ?? `piecework-test-${randomBytes(6).toString('hex')}`;
  if (options.bucket === undefined) await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const prefix = `piecework-test/${randomBytes(6).toString('hex')}`;
  const at = (key: string, of = bucket): DestinationLocator => ({
    kind: 's3',
    bucket: of,
    key,
    endpoint: server.endpoint,
    region: server.region,
  });
  const open = () =>
    s3Destination({ endpoint: server.endpoint, credentials: server.credentials, ...options.destination });
  const destination = open();

  return {
    destination,
    pieceBytes: options.pieceBytes ?? 5 * 1024 ** 2,
    locator: (name) => at(`${prefix}/${name}`),
    reopen: async () => open(),
    refused: [
      { target: at('key', `piecework-no-such-bucket-${randomBytes(6).toString('hex')}`), code: 'DestinationMissing' },
      { target: at(''), code: 'InvalidDestination' },
      { target: at(`${prefix}/folder/`), code: 'InvalidDestination' },
      { target: at(`${prefix}/../up`), code: 'InvalidDestination' },
      { target: at(`${prefix}//twice`), code: 'InvalidDestination' },
      { target: at('ü'.repeat(513)), code: 'InvalidDestination' },
    ],
    async read(target) {
      const object = s3Locator(target);
      try {
        const answer = await client.send(new GetObjectCommand({ Bucket: object.bucket, Key: object.key }));
        return await answer.Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    async leftovers(target) {
      const { bucket: Bucket, key } = s3Locator(target);
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: key }));
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: key }));
      return [
        ...Uploads.filter(({ Key }) => Key === key).map(({ UploadId }) => `upload ${UploadId}`),
        ...Contents.filter(({ Key }) => Key !== key).map(({ Key }) => `object ${Key}`),
      ];
    },
    async [Symbol.asyncDispose]() {
      await destination[Symbol.asyncDispose]();
      try {
        await empty(client, bucket, prefix);
        if (options.bucket === undefined) await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      } finally {
        client.destroy();
        await server[Symbol.asyncDispose]();
      }
    },
  };
}

async function empty(client: S3Client, bucket: string, prefix: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    if (Contents.length === 0) return;
    for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  }
}
