import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { s3Secrets } from '../../lib/secrets/s3/secrets.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { miniStack } from '../support/ministack.ts';
import { allOf, failureOf } from '../support/reading.ts';
import { clientOf, newBucket } from '../support/s3-client.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import { s3OfSuite } from '../support/s3-of-suite.ts';
import type { S3Server } from '../support/s3-process.ts';
import { withServer } from '../support/with-server.ts';

const LOCATOR: SourceLocator = {
  url: 'https://example.com/ü?X-Amz-Signature=hunter2',
  headers: { authorization: 'Bearer hunter2' },
  auth: { kind: 'basic', user: 'u', password: 'hunter2' },
  maxRedirects: 3,
};

function onServer(name: string, start: () => Promise<S3Server>): void {
  describe(`sealed sources in S3: ${name}`, () => {
    const at = s3OfSuite(start);
    let bucket: string;
    beforeEach(async () => {
      bucket = await newBucket(at.client);
    });

    test('are given back whole to another process, each run for itself, until they are discarded', async () => {
      const secrets = s3Secrets({ client: at.client, bucket });
      const others = s3Secrets({ client: at.client, bucket, keepMs: 0 });
      await secrets.seal('T1', 1, LOCATOR);
      await secrets.seal('T1', 2, { url: 'https://example.com/2' });
      expect(await others.unseal('T1', 1)).toEqual(LOCATOR);
      expect(await others.unseal('T1', 2)).toEqual({ url: 'https://example.com/2' });
      expect(await others.unseal('T2', 1)).toBeUndefined();
      await secrets.discard('T1', 1);
      await secrets.discard('T1', 1);
      expect(await others.unseal('T1', 1)).toBeUndefined();
      expect(await others.unseal('T1', 2)).toEqual({ url: 'https://example.com/2' });
    });

    test('are listed by name, page after page', async () => {
      const secrets = s3Secrets({ client: at.client, bucket, prefix: 'stage/', pageSize: 2 });
      await s3Secrets({ client: at.client, bucket }).seal('T0', 1, LOCATOR);
      await at.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'stage/sealed/by-hand', Body: 'x' }));
      expect(await allOf(secrets.list())).toEqual([]);
      for (const run of [1, 2, 3, 4]) await secrets.seal('T1', run, LOCATOR);
      await secrets.discard('T1', 2);
      expect(await allOf(secrets.list())).toEqual([1, 3, 4].map((run) => ({ transferId: 'T1', run })));
    });

    test('sealed again are the new ones', async () => {
      const secrets = s3Secrets({ client: at.client, bucket });
      await secrets.seal('T1', 1, LOCATOR);
      expect(await secrets.unseal('T1', 1)).toEqual(LOCATOR);
      await secrets.seal('T1', 1, { url: 'https://example.com/new' });
      expect(await secrets.unseal('T1', 1)).toEqual({ url: 'https://example.com/new' });
    });
  });
}

onServer('our double', () => startS3Double());
await withServer(
  'MiniStack',
  () => miniStack('patched'),
  (start) => onServer('MiniStack', start),
);

describe('sealed sources in S3', () => {
  let server: S3Double;
  let client: S3Client;
  let bucket: string;
  beforeAll(async () => {
    server = await startS3Double();
    client = clientOf(server, 1);
  });
  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    bucket = await newBucket(client);
  });

  const reads = () => server.log.filter((entry) => entry.bucket === bucket && entry.operation === 'GetObject').length;

  test('lie under sealed/, with the key that was asked for', async () => {
    await s3Secrets({ client, bucket, prefix: 'stage/', kmsKeyId: 'key-1' }).seal('T1', 1, LOCATOR);
    expect(await server.object(bucket, 'stage/sealed/T1/1')).toBeDefined();
    const put = server.log.findLast(({ operation }) => operation === 'PutObject');
    expect(put?.headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
    });
    await s3Secrets({ client, bucket }).seal('T1', 1, LOCATOR);
    expect(
      server.log.findLast(({ operation }) => operation === 'PutObject')?.headers['x-amz-server-side-encryption'],
    ).toBeUndefined();
  });

  test('are read once for all pieces of a while, and nobody changes what is kept', async () => {
    let now = 0;
    const secrets = s3Secrets({ client, bucket, keepMs: 1000, now: () => now });
    await secrets.seal('T1', 1, LOCATOR);
    const first = await secrets.unseal('T1', 1);
    Object.assign(first ?? {}, { url: 'changed' });
    now = 999;
    expect(await secrets.unseal('T1', 1)).toEqual(LOCATOR);
    expect(reads()).toBe(1);
    now = 1000;
    await secrets.unseal('T1', 1);
    expect(reads()).toBe(2);
    await secrets.discard('T1', 1);
    expect(await secrets.unseal('T1', 1)).toBeUndefined();
  });

  test('what is not there is asked for again, and no more is kept than a hundred', async () => {
    const secrets = s3Secrets({ client, bucket });
    expect(await secrets.unseal('T1', 1)).toBeUndefined();
    await secrets.seal('T1', 1, LOCATOR);
    expect(await secrets.unseal('T1', 1)).toEqual(LOCATOR);
    for (let run = 2; run <= 102; run += 1) {
      await secrets.seal('T1', run, LOCATOR);
      await secrets.unseal('T1', run);
    }
    const before = reads();
    await secrets.unseal('T1', 1);
    await secrets.unseal('T1', 102);
    expect(reads()).toBe(before + 1);
  });

  test('are never in an error: damaged, denied, or out of reach', async () => {
    const secrets = s3Secrets({ client, bucket, keepMs: 0 });
    const shown = (error: unknown): string => {
      const { message, stack, cause, details } = error as Error & { details?: unknown };
      return [message, stack, JSON.stringify(details), cause === undefined ? '' : shown(cause)].join('\n');
    };
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'sealed/T1/1', Body: '{"v":1,"locator":{"url":"https://hunter2' }),
    );
    expect(shown(await failureOf(secrets.unseal('T1', 1), 'RecordCorrupt'))).not.toContain('hunter2');
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'sealed/T1/1', Body: '"hunter2"' }));
    expect(shown(await failureOf(secrets.unseal('T1', 1), 'RecordCorrupt'))).not.toContain('hunter2');
    server.fail({ operation: 'PutObject', what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    const denied = await failureOf(secrets.seal('T1', 1, LOCATOR), 'HomeRefused');
    expect(denied.message).toContain('s3:PutObject');
    expect(shown(denied)).not.toContain('hunter2');
    server.fail({ operation: 'GetObject', what: { kind: 'dropBefore' } });
    expect(shown(await failureOf(secrets.unseal('T1', 1), 'HomeUnavailable'))).not.toContain('hunter2');
    server.fail({ operation: 'GetObject', what: { kind: 'answer', status: 404, code: 'NoSuchBucket' } });
    await failureOf(secrets.unseal('T1', 1), 'HomeRefused');
  });
});
