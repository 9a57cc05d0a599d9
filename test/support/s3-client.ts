import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Server } from './s3-process.ts';

/** A client of a test's own store; `maxAttempts` as the SDK's default, or 1. */
export function clientOf(server: S3Server, maxAttempts = 3): S3Client {
  return new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    credentials: server.credentials,
    forcePathStyle: true,
    maxAttempts,
  });
}

export async function newBucket(client: S3Client): Promise<string> {
  const Bucket = `piecework-test-${randomBytes(6).toString('hex')}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}
