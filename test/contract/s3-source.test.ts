import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { s3Source } from '../../lib/sources/s3/source.ts';
import { startS3Double } from '../support/s3-double.ts';
import type { S3Server } from '../support/s3-process.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';
import type { SourceServer } from './source.ts';
import { sourceContract } from './source.ts';

const BUCKET = 'source-bucket';

function on(start: () => Promise<S3Server>) {
  return async (): Promise<SourceServer> => {
    const server = await start();
    const { endpoint, region, credentials } = server;
    const client = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: false } }),
    });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const source = s3Source();
    return {
      source,
      features: { ranges: true, sizes: true, versions: true, queries: false },
      async put(name, bytes) {
        await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: name, Body: bytes }));
        const auth = { kind: 'aws', ...credentials } as const;
        return { url: `s3://${BUCKET}/${name}`, auth, store: { endpoint, region } };
      },
      async remove(name) {
        await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: name }));
      },
      async [Symbol.asyncDispose]() {
        await source[Symbol.asyncDispose]();
        client.destroy();
        await server[Symbol.asyncDispose]();
      },
    };
  };
}

sourceContract(
  's3, double',
  on(() => startS3Double()),
);

await withServer('versitygw', versitygw, (start) => {
  sourceContract('s3, versitygw', on(start));
});
