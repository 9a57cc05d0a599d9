import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openObjects } from '../../lib/aws/object/open.ts';
import type { AwsServiceDouble } from '../support/aws-service-double.ts';
import { startAwsServices } from '../support/aws-service-double.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// What goes with a PieceworkObject that is destroyed.

let store: S3Double;
let services: AwsServiceDouble;

beforeAll(async () => {
  store = await startS3Double();
  services = await startAwsServices(store.endpoint);
  store.makeBucket('target');
});

afterAll(async () => {
  await services[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('what Piecework has brought is deleted, what others have put there is not, and what is gone is no error', async () => {
  const environment = {
    AWS_ENDPOINT_URL: services.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'double',
    AWS_SECRET_ACCESS_KEY: 'double-secret',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const client = new S3Client({ ...store, forcePathStyle: true });
  const put = (Key: string, Metadata: Record<string, string>) =>
    client.send(new PutObjectCommand({ Bucket: 'target', Key, Body: 'x', Metadata }));
  const isThere = (Key: string) =>
    client.send(new HeadObjectCommand({ Bucket: 'target', Key })).then(
      () => true,
      () => false,
    );
  await put('ours', { 'piecework-token': '01KB1VY4M7XWQ8N5T2R9C3D6EF.plan' });
  await put('theirs', { 'another-program': 'yes' });
  const { deleteObject } = openObjects({ PIECEWORK_API_URL: 'https://api.invalid/prod' });
  for (const key of ['ours', 'theirs', 'gone']) await deleteObject('target', key);
  expect([await isThere('ours'), await isThere('theirs')]).toEqual([false, true]);
  client.destroy();
});
