import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { bootstrap, deployApp } from './deploy.ts';
import { Pipeline } from './pipeline.ts';
import type { Cloud } from './stand-in.ts';
import { startCloud } from './stand-in.ts';

// PieceworkObject, deployed: the object is there when the stack is.

const SIZE = 3 * 1024 ** 2;

let origin: Origin;
let cloud: Cloud;

beforeAll(async () => {
  [origin, cloud] = await Promise.all([startOrigin(), startCloud()]);
}, 300_000);

afterAll(async () => {
  await cloud?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

// LocalStack is run without Step Functions, which waits for the object in CDK's framework.
test.runIf((process.env['STAND_IN'] ?? 'ministack') === 'ministack')(
  'the object is in the bucket, proved, once the stack is deployed; deployed again, nothing of it is fetched',
  async () => {
    await bootstrap(cloud);
    const url = origin.serve('/reference.bin', { size: SIZE, etag: '"v1"' });
    const sha256 = createHash('sha256').update(patternBytes(0, SIZE)).digest('hex');
    const deploy = (minutes: number) =>
      deployApp(cloud, join(import.meta.dirname, 'object-app'), 'PieceworkObjects', {
        url,
        sha256,
        minutes: String(minutes),
        endpoint: cloud.endpoint ?? '',
      });
    const { outputs } = await deploy(20);
    expect(outputs['Size']).toBe(String(SIZE));
    const pipeline = new Pipeline(cloud, { outputs });
    const where = { Bucket: pipeline.output('Bucket'), Key: 'reference/data.bin' };
    const first = await pipeline.s3.send(new HeadObjectCommand(where));
    expect(first.ContentLength).toBe(SIZE);
    const asked = origin.requests.length;
    await deploy(21);
    expect((await pipeline.s3.send(new HeadObjectCommand(where))).LastModified).toEqual(first.LastModified);
    // It was asked for its version.
    expect(origin.requests.length - asked).toBe(1);
  },
  600_000,
);
