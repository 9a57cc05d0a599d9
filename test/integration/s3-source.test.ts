import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crc32, crc32Base64, crc32Hex } from '../../lib/integrity/crc32.ts';
import { s3Source } from '../../lib/sources/s3/source.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import { errorOf, says } from '../support/store-lies.ts';

const BYTES = patternBytes(0, 300_000);

let store: S3Double;
let source: Source;
let client: S3Client;
let from: SourceLocator;

beforeEach(async () => {
  store = await startS3Double({ versions: true });
  store.makeBucket('bucket');
  const { endpoint, region, credentials } = store;
  client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  source = s3Source();
  from = { url: 's3://bucket/a%20key.bin', auth: { kind: 'aws', ...credentials }, store: { endpoint, region } };
  await client.send(
    new PutObjectCommand({
      Bucket: 'bucket',
      Key: 'a key.bin',
      Body: BYTES,
      ContentType: 'image/png',
      ChecksumCRC32: crc32Base64(crc32(BYTES)),
    }),
  );
});

afterEach(async () => {
  client.destroy();
  await source[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const gets = () => store.log.filter(({ operation }) => operation === 'GetObject');

test('the snapshot has the type, the version and the checksum of the whole object', async () => {
  await using probe = await source.probe(from, 1, call());
  expect(probe.snapshot).toMatchObject({
    sizeBytes: BYTES.length,
    ranges: true,
    contentType: 'image/png',
    name: 'a key.bin',
    validator: { kind: 'strong', etag: `"${createHash('md5').update(BYTES).digest('hex')}"` },
    digests: { crc32: crc32Hex(crc32(BYTES)) },
  });
});

test('each range carries If-Match', async () => {
  const probe = await source.probe(from, 1, call());
  await probe[Symbol.asyncDispose]();
  await readAll(await source.open(from, probe.snapshot, { start: 10, end: 20 }, call()));
  const { validator } = probe.snapshot;
  expect(gets().at(-1)?.headers).toMatchObject({
    range: 'bytes=10-19',
    'if-match': 'etag' in validator ? validator.etag : '',
  });
});

test('a version that is no longer the newest, piece by piece', async () => {
  const older = patternBytes(0, 200_000, 2);
  const put = (Body: Uint8Array) => client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'versions.bin', Body }));
  const { VersionId } = await put(older);
  await put(BYTES);
  const version = { ...from, url: `s3://bucket/versions.bin?versionId=${VersionId}` };
  const probe = await source.probe(version, 1, call());
  await probe[Symbol.asyncDispose]();
  expect(probe.snapshot.sizeBytes).toBe(older.length);
  for (const range of [
    { start: 0, end: 150_000 },
    { start: 150_000, end: 200_000 },
  ]) {
    const bytes = await readAll(await source.open(version, probe.snapshot, range, call()));
    expect(bytes.equals(older.subarray(range.start, range.end))).toBe(true);
  }
  await failureOf(
    source.probe({ ...from, url: 's3://bucket/versions.bin?versionId=none' }, 1, call()),
    'SourceNotFound',
  );
});

describe('what a store answers', () => {
  test.each([
    [{ status: 503, code: 'SlowDown' }, 'SourceBusy', 'wait'],
    [{ status: 500, code: 'InternalError' }, 'SourceServerError', 'retry'],
    [{ status: 403, code: 'AccessDenied' }, 'SourceForbidden', 'fail'],
    [{ status: 403, code: 'InvalidAccessKeyId' }, 'SourceUnauthorized', 'fail'],
    [{ status: 403, code: 'InvalidObjectState' }, 'SourceForbidden', 'fail'],
    [{ status: 404, code: 'NoSuchBucket' }, 'SourceNotFound', 'fail'],
    [{ status: 412, code: 'PreconditionFailed' }, 'SourceChanged', 'changed'],
    [{ status: 301, code: 'PermanentRedirect' }, 'SourceBadRequest', 'fail'],
  ] as const)('%o is %s, to %s', async (answer, code, reaction) => {
    const probe = await source.probe(from, 1, call());
    await probe[Symbol.asyncDispose]();
    store.fail({ operation: 'GetObject', what: { kind: 'answer', ...answer }, times: 1 });
    const error = await failureOf(source.open(from, probe.snapshot, { start: 0, end: 10 }, call()), code);
    expect(error.reaction).toBe(reaction);
    expect(error.message).toContain('s3://bucket/a%20key.bin');
  });
});

test('a refused HEAD is asked again as a GET, which says why', async () => {
  store.fail({ operation: 'HeadObject', what: { kind: 'answer', status: 403, code: 'AccessDenied' }, times: 1 });
  store.fail({ operation: 'GetObject', what: { kind: 'answer', status: 403, code: 'InvalidAccessKeyId' }, times: 1 });
  await failureOf(source.probe(from, 1, call()), 'SourceUnauthorized');
});

test.each([
  ['s3://bucket/', 'SourceIsFolder'],
  ['s3://bucket/prefix/', 'SourceIsFolder'],
  ['s3:///key', 'InvalidUrl'],
  ['s3://bucket/key?acl', 'InvalidUrl'],
] as const)('%s is %s', async (url, code) => {
  await failureOf(source.probe({ ...from, url }, 1, call()), code);
});

test('another access key than the destination’s, from the URL', async () => {
  const { endpoint, region } = store;
  const probe = await source.probe(
    { url: 's3://OTHER:secret@bucket/a%20key.bin', store: { endpoint, region } },
    1,
    call(),
  );
  await probe[Symbol.asyncDispose]();
  expect(store.log.at(-1)?.accessKeyId).toBe('OTHER');
});

test.each([0, 7])(
  '%i bytes whose HEAD is refused, and whose GET is not, are known by the head of that',
  async (size) => {
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'a key.bin', Body: BYTES.subarray(0, size) }));
    store.fail({ operation: 'HeadObject', what: { kind: 'lie', answer: says(403, '') } });
    await using probe = await source.probe(from, 100, call());
    expect(probe.snapshot).toMatchObject({ sizeBytes: size, ranges: true, validator: { kind: 'strong' } });
    expect((await readAll(probe.body)).equals(BYTES.subarray(0, size))).toBe(true);
  },
);

test('a clock that is far off is named where the store refuses even by its own time', async () => {
  await using ahead = await startS3Double({ aheadMs: 61 * 60_000 });
  const answer = says(403, errorOf('AccessDenied', 'Not for you'));
  for (const operation of ['HeadObject', 'GetObject'])
    ahead.fail({ operation, times: Number.POSITIVE_INFINITY, what: { kind: 'lie', answer } });
  const there = { ...from, store: { endpoint: ahead.endpoint, region: ahead.region } };
  const error = await failureOf(source.probe(there, 100, call()), 'SourceForbidden');
  expect(error.message).toMatch(/clock is 61 minutes behind the store's; set it: access denied.*"Not for you"/);
});
