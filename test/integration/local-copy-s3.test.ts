import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Local, LocalOptions, PieceworkEvent } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

const MIB = 1024 ** 2;
const SIZE = 5 * MIB + 321;

const BUCKET = 'bucket';

let folder: string;
let origin: Origin;
let store: S3Double;
let events: PieceworkEvent[];
let piecework: Local;

function open(options: LocalOptions = {}): Local {
  const s3 = { endpointUrl: store.endpoint, region: 'us-east-1' };
  return openLocal({ stateDir: join(folder, 'state'), s3, onEvent: (event) => events.push(event), ...options });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-local-s3-'));
  origin = await startOrigin();
  store = await startS3Double({ minPartBytes: 1024 });
  store.makeBucket(BUCKET);
  vi.stubEnv('AWS_ACCESS_KEY_ID', store.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', store.credentials.secretAccessKey);
  events = [];
  piecework = open();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await piecework[Symbol.asyncDispose]();
  await Promise.all([origin[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function expectObject(key: string, seed = 1): Promise<void> {
  const bytes = await store.object(BUCKET, key);
  expect(sha256(bytes ?? Buffer.alloc(0))).toBe(sha256(patternBytes(0, SIZE, seed)));
  expect(store.openUploads()).toEqual([]);
  expect(await readdir(join(folder, 'state', 'active')).catch(() => [])).toEqual([]);
}

describe('copy to S3', () => {
  const options = { pieceSizeBytes: 5 * MIB, parallelism: 2 };

  test('as a multipart upload with a full-object checksum, described as the source is', async () => {
    const url = origin.serve('/a.bin', {
      size: SIZE,
      etag: '"v1"',
      headers: { 'content-type': 'image/png', 'cache-control': 'max-age=5' },
    });
    const report = await piecework.copy({ source: { url }, destination: `s3://${BUCKET}/deep/`, options });
    expect(report.destination).toMatchObject({ kind: 's3', bucket: BUCKET, key: 'deep/a.bin' });
    await expectObject('deep/a.bin');
    expect(store.headersOf(BUCKET, 'deep/a.bin')).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'max-age=5',
    });
    const complete = store.log.find(({ operation }) => operation === 'CompleteMultipartUpload');
    expect(complete?.headers).toMatchObject({
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-mp-object-size': String(SIZE),
    });
  });

  test('a digest is proved under a staging key, which does not stay', async () => {
    const url = origin.serve('/proved.bin', { size: SIZE, etag: '"v1"' });
    const expectation = (digest: string) => ({ ...options, expect: { digests: { sha256: digest } } });
    const destination = `s3://${BUCKET}/proved.bin`;
    await failureOf(
      piecework.copy({ source: { url }, destination, options: expectation('a'.repeat(64)) }),
      'DigestMismatch',
    );
    expect(await store.object(BUCKET, 'proved.bin')).toBeUndefined();
    const digest = sha256(patternBytes(0, SIZE));
    const report = await piecework.copy({ source: { url }, destination, options: expectation(digest) });
    expect(report.result).toMatchObject({ version: 'digest', digests: { sha256: digest } });
    await expectObject('proved.bin');
    expect(store.log.filter(({ operation }) => operation === 'DeleteObject').map(({ key }) => key)).toHaveLength(2);
  });

  test('if-exists fail and if-changed', async () => {
    const url = origin.serve('/kept.bin', { size: SIZE, etag: '"v1"' });
    const destination = `s3://${BUCKET}/kept.bin`;
    await piecework.copy({ source: { url }, destination, options });
    await failureOf(
      piecework.copy({ source: { url }, destination, options: { ...options, ifExists: 'fail' } }),
      'DestinationExists',
    );
    const same = await piecework.copy({
      source: { url },
      destination,
      options: { ...options, ifExists: 'if-changed' },
    });
    expect(same.result.unchanged).toBe(true);
    origin.serve('/kept.bin', { size: SIZE, etag: '"v2"', seed: 2 });
    await piecework.copy({ source: { url }, destination, options: { ...options, ifExists: 'if-changed' } });
    await expectObject('kept.bin', 2);
  });

  test('somebody else’s object that appears in the middle is not overwritten with if-exists fail', async () => {
    const url = origin.serve('/raced.bin', { size: SIZE, etag: '"v1"' });
    store.fail({
      operation: 'CompleteMultipartUpload',
      what: { kind: 'answer', status: 412, code: 'PreconditionFailed' },
    });
    const fail = { ...options, ifExists: 'fail' } as const;
    await failureOf(
      piecework.copy({ source: { url }, destination: `s3://${BUCKET}/raced.bin`, options: fail }),
      'DestinationExists',
    );
    expect(store.openUploads()).toEqual([]);
  });

  test('an answer lost at the completion is settled by asking for our own object', async () => {
    const url = origin.serve('/lost.bin', { size: SIZE, etag: '"v1"' });
    store.fail({ operation: 'CompleteMultipartUpload', what: { kind: 'dropAfter' }, times: 3 });
    await piecework.copy({ source: { url }, destination: `s3://${BUCKET}/lost.bin`, options });
    await expectObject('lost.bin');
  });

  test.each([
    ['CreateMultipartUpload', 'SlowDown', 503],
    ['UploadPart', 'SlowDown', 503],
    ['UploadPart', 'InternalError', 500],
    ['CompleteMultipartUpload', 'InternalError', 500],
  ])('%s answering %s passes', async (operation, code, status) => {
    const url = origin.serve('/rough.bin', { size: SIZE, etag: '"v1"' });
    store.fail({ operation, what: { kind: 'answer', status, code }, times: 1 });
    await piecework.copy({ source: { url }, destination: `s3://${BUCKET}/rough.bin`, options });
    await expectObject('rough.bin');
  });

  test('a 409 at the completion starts over with a new upload', async () => {
    const url = origin.serve('/conflict.bin', { size: SIZE, etag: '"v1"' });
    store.fail({
      operation: 'CompleteMultipartUpload',
      what: { kind: 'answer', status: 409, code: 'ConditionalRequestConflict' },
    });
    await piecework.copy({ source: { url }, destination: `s3://${BUCKET}/conflict.bin`, options });
    await expectObject('conflict.bin');
  });

  test('an interrupted one goes on from the ledger; an aborted upload starts over', async () => {
    const url = origin.serve('/half.bin', { size: SIZE, etag: '"v1"' });
    const destination = `s3://${BUCKET}/half.bin`;
    const stop = new AbortController();
    await using first = open({ onEvent: (event) => event.type === 'piece.done' && stop.abort() });
    await failureOf(
      first.copy({ source: { url }, destination, options: { ...options, parallelism: 1 } }, stop.signal),
      'Interrupted',
    );
    expect(store.openUploads()).toHaveLength(1);
    const report = await piecework.copy({ source: { url }, destination, options });
    expect(report.resumedPieces).toBe(1);
    await expectObject('half.bin');
  });

  test.each([
    ['a missing bucket', 's3://no-such-bucket/x', undefined, 'DestinationMissing'],
    ['denied access', `s3://${BUCKET}/x`, { status: 403, code: 'AccessDenied' }, 'DestinationDenied'],
    ['expired credentials', `s3://${BUCKET}/x`, { status: 400, code: 'ExpiredToken' }, 'DestinationCredentials'],
  ] as const)('%s is one clear sentence', async (_name, destination, answer, code) => {
    const url = origin.serve('/denied.bin', { size: SIZE, etag: '"v1"' });
    if (answer !== undefined)
      store.fail({ operation: 'CreateMultipartUpload', what: { kind: 'answer', ...answer }, times: 100 });
    const error = await failureOf(piecework.copy({ source: { url }, destination, options }), code);
    expect(error.message).toContain('s3://');
    expect(store.openUploads()).toEqual([]);
  });
});
