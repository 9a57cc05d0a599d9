import type { S3Client } from '@aws-sdk/client-s3';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordKey } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import { s3Records } from '../../lib/records/s3/records.ts';
import { miniStack } from '../support/ministack.ts';
import { failureOf } from '../support/reading.ts';
import { clientOf, newBucket } from '../support/s3-client.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import { s3OfSuite } from '../support/s3-of-suite.ts';
import type { S3Server } from '../support/s3-process.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';
import { recordsContract } from './records.ts';

/** The suite on one server for all of its tests, each with a bucket of its own. */
function onServer(name: string, start: () => Promise<S3Server>): void {
  describe(name, () => {
    const at = s3OfSuite(start);
    recordsContract(name, async () => {
      const bucket = await newBucket(at.client);
      const open = () => s3Records({ client: at.client, bucket, prefix: 'state/', pageSize: 3 });
      return { records: open(), again: open };
    });
  });
}

onServer('S3, our double', () => startS3Double());
await withServer(
  'MiniStack',
  () => miniStack('patched'),
  (start) => onServer('S3, MiniStack', start),
);
await withServer('versitygw', versitygw, (start) => onServer('S3, versitygw', start));

interface Count {
  readonly count: number;
}
const KEY: RecordKey<Count> = { path: 'transfers/a.json' };

describe('records in S3', () => {
  let server: S3Double;
  let client: S3Client;
  let once: S3Client;
  let bucket: string;
  beforeAll(async () => {
    server = await startS3Double();
    client = clientOf(server);
    once = clientOf(server, 1);
  });
  afterAll(async () => {
    client.destroy();
    once.destroy();
    await server[Symbol.asyncDispose]();
  });

  async function records(options: { readonly warn?: (sentence: string) => void } = {}) {
    bucket = await newBucket(client);
    return s3Records({ client, once, bucket, ...options });
  }

  test.for([
    ['cut off', '{"v":1,"version":"a","val'],
    ['empty', ''],
    ['of another shape', '{"count":1}'],
    ['null', 'null'],
    ['with no object in it', '{"v":1,"version":"a","value":null}'],
  ])('that are damaged (%s) are set aside with a warning, and their key is free again', async ([, text = '']) => {
    const warnings: string[] = [];
    const there = await records({ warn: (sentence) => warnings.push(sentence) });
    const version = await there.put(KEY, { count: 1 }, 'absent');
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: KEY.path, Body: Buffer.from(text) }));

    await failureOf(there.get(KEY), 'RecordCorrupt');
    expect(warnings).toHaveLength(1);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual([
      expect.stringMatching(/^corrupt\/transfers\/a\.json\.\d{8}T\d{6}Z$/),
    ]);
    expect(warnings[0]).toContain(Contents[0]?.Key);
    const aside = await client.send(new GetObjectCommand({ Bucket: bucket, Key: Contents[0]?.Key }));
    expect(await aside.Body?.transformToString()).toBe(text);

    expect(await there.get(KEY)).toBeUndefined();
    await failureOf(there.put(KEY, { count: 2 }, version), 'Conflict');
    await there.put(KEY, { count: 3 }, 'absent');
    expect((await there.get(KEY))?.value).toEqual({ count: 3 });
  });

  test('that can not even be set aside are corrupt all the same, and stay', async () => {
    const there = await records();
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: KEY.path, Body: '{' }));
    server.fail({ operation: 'PutObject', what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    const error = await failureOf(there.get(KEY), 'RecordCorrupt');
    expect(error.message).toContain('s3:PutObject');
    expect(await server.object(bucket, KEY.path)).toEqual(Buffer.from('{'));
  });

  test.for([
    [412, 'PreconditionFailed', 'Conflict'],
    [409, 'ConditionalRequestConflict', 'Conflict'],
    [404, 'NoSuchKey', 'Conflict'],
    [404, 'NoSuchBucket', 'HomeRefused'],
    [403, 'AccessDenied', 'HomeRefused'],
    [400, 'KMS.DisabledException', 'HomeRefused'],
    [503, 'SlowDown', 'HomeUnavailable'],
    [500, 'InternalError', 'HomeUnavailable'],
  ] as const)('a write that S3 answers with %i %s is a %s, after one request', async ([status, code, expected]) => {
    const there = await records();
    const version = await there.put(KEY, { count: 1 }, 'absent');
    const before = server.log.length;
    server.fail({ operation: 'PutObject', what: { kind: 'answer', status, code } });
    await failureOf(there.put(KEY, { count: 2 }, version), expected);
    expect(server.log.slice(before).map(({ operation }) => operation)).toEqual(['PutObject']);
  });

  test('a write whose answer is lost is unsure, not refused: it was done, and the version there is the new one', async () => {
    const there = await records();
    const version = await there.put(KEY, { count: 1 }, 'absent');
    server.fail({ operation: 'PutObject', what: { kind: 'dropAfter' } });
    const error = await failureOf(there.put(KEY, { count: 2 }, version), 'HomeUnavailable');
    expect(error.reaction).toBe('retry');
    const found = await there.get(KEY);
    expect(found?.value).toEqual({ count: 2 });
    expect(found?.version).not.toBe(version);
  });

  test('with a client that repeats, the echo of our own success is a conflict', async () => {
    bucket = await newBucket(client);
    const repeating = s3Records({ client, bucket });
    server.fail({ operation: 'PutObject', what: { kind: 'dropAfter' } });
    await failureOf(repeating.put(KEY, { count: 1 }, 'absent'), 'Conflict');
    expect((await repeating.get(KEY))?.value).toEqual({ count: 1 });
  });

  test('reading is repeated where it fails in passing', async () => {
    const there = await records();
    await there.put(KEY, { count: 1 }, 'absent');
    server.fail({ operation: 'GetObject', what: { kind: 'answer', status: 503, code: 'SlowDown' } });
    expect((await there.get(KEY))?.value).toEqual({ count: 1 });
  });

  test('a reader without the right to list is told which rights it needs', async () => {
    const there = await records();
    server.fail({ operation: 'GetObject', what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    const error = await failureOf(there.get(KEY), 'HomeRefused');
    expect(error.message).toContain('s3:GetObject');
    expect(error.message).toContain(bucket);
  });

  test('have paths that lead nowhere else', async () => {
    const there = await records();
    const before = server.log.length;
    for (const path of ['../a', 'a/../b', 'a/.', '/a', 'a/', 'a//b', 'a b', 'a?b', 'a/b\0', '']) {
      await failureOf(there.put({ path }, {}, 'absent'), 'Internal');
      await failureOf(there.get(KEYS.transfer(`../${path}`)), 'Internal');
    }
    expect(server.log).toHaveLength(before);
  });
});
