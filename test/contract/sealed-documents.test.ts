import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { s3SealedDocuments } from '../../lib/secrets/s3/documents.ts';
import type { SealedDocuments } from '../../lib/secrets/secrets.ts';
import { memorySealed } from '../support/memory-sealed.ts';
import { miniStack } from '../support/ministack.ts';
import { failureOf } from '../support/reading.ts';
import { clientOf, newBucket } from '../support/s3-client.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import { s3OfSuite } from '../support/s3-of-suite.ts';
import type { S3Server } from '../support/s3-process.ts';
import { withServer } from '../support/with-server.ts';

/** What every store of sealed documents does. */
function contract(documents: () => SealedDocuments): void {
  test('a document is given back as it was, and the newer one in its place', async () => {
    await documents().seal('batches/B1/list', { url: 'https://example.com/ü?sig=hunter2', rows: [1, null] });
    expect(await documents().unseal('batches/B1/list')).toEqual({
      url: 'https://example.com/ü?sig=hunter2',
      rows: [1, null],
    });
    await documents().seal('batches/B1/list', 2);
    expect(await documents().unseal('batches/B1/list')).toBe(2);
    expect(await documents().unseal('batches/B1/other')).toBeUndefined();
  });

  test('all are discarded whose names begin so, and no others', async () => {
    const shards = Array.from({ length: 40 }, (_, index) => `batches/B1/r/${index + 1}`);
    await Promise.all(['batches/B1/list', 'batches/B2/r/1', ...shards].map((name) => documents().seal(name, name)));
    await documents().discard('batches/B1/r/');
    await documents().discard('batches/B1/r/');
    expect(await Promise.all(shards.map((name) => documents().unseal(name)))).toEqual(shards.map(() => undefined));
    expect(await documents().unseal('batches/B1/list')).toBe('batches/B1/list');
    expect(await documents().unseal('batches/B2/r/1')).toBe('batches/B2/r/1');
  });
}

describe('sealed documents: in memory', () => {
  let documents: SealedDocuments;
  beforeEach(() => {
    documents = memorySealed();
  });
  contract(() => documents);
});

function onServer(name: string, start: () => Promise<S3Server>): void {
  describe(`sealed documents in S3: ${name}`, () => {
    const at = s3OfSuite(start);
    let bucket: string;
    beforeEach(async () => {
      bucket = await newBucket(at.client);
    });
    contract(() => s3SealedDocuments({ client: at.client, bucket }));
  });
}

onServer('our double', () => startS3Double());
await withServer(
  'MiniStack',
  () => miniStack('patched'),
  (start) => onServer('MiniStack', start),
);

describe('sealed documents in S3', () => {
  let server: S3Double;
  let client: S3Client;
  let bucket: string;
  beforeAll(async () => {
    server = await startS3Double();
    client = clientOf(server, 1);
    bucket = await newBucket(client);
  });
  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });

  test('lie under sealed/, with the key that was asked for', async () => {
    await s3SealedDocuments({ client, bucket, kmsKeyId: 'key-1' }).seal('batches/B1/list', 1);
    expect(await server.object(bucket, 'sealed/batches/B1/list')).toBeDefined();
    expect(server.log.findLast(({ operation }) => operation === 'PutObject')?.headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
    });
  });

  test('one that can not be read is an error without what it holds', async () => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'sealed/x', Body: '{"url": "hunter2' }));
    const error = await failureOf(s3SealedDocuments({ client, bucket }).unseal('x'), 'RecordCorrupt');
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain('hunter2');
  });
});
