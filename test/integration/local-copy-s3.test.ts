import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import { s3Bench } from '../support/s3-bench.ts';
import { clientOf } from '../support/s3-client.ts';

const MIB = 1024 ** 2;
const SIZE = 5 * MIB + 321;

const BUCKET = 'bucket';

const bench = s3Bench({ buckets: [BUCKET], store: { minPartBytes: 1024 } });

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function expectObject(key: string, seed = 1): Promise<void> {
  const bytes = await bench.store.object(BUCKET, key);
  expect(sha256(bytes ?? Buffer.alloc(0))).toBe(sha256(patternBytes(0, SIZE, seed)));
  expect(bench.store.openUploads()).toEqual([]);
  expect(await readdir(join(bench.folder, 'state', 'active')).catch(() => [])).toEqual([]);
}

describe('copy to S3', () => {
  const options = { pieceSizeBytes: 5 * MIB, parallelism: 2 };

  test('as a multipart upload with a full-object checksum, described as the source is', async () => {
    const url = bench.origin.serve('/a.bin', {
      size: SIZE,
      etag: '"v1"',
      headers: { 'content-type': 'image/png', 'cache-control': 'max-age=5' },
    });
    const report = await bench.piecework.copy({ source: { url }, destination: `s3://${BUCKET}/deep/`, options });
    expect(report.destination).toMatchObject({ kind: 's3', bucket: BUCKET, key: 'deep/a.bin' });
    await expectObject('deep/a.bin');
    expect(bench.store.headersOf(BUCKET, 'deep/a.bin')).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'max-age=5',
    });
    const complete = bench.store.log.find(({ operation }) => operation === 'CompleteMultipartUpload');
    expect(complete?.headers).toMatchObject({
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-mp-object-size': String(SIZE),
    });
  });

  test.each([MIB, 6 * 1024 ** 3])('pieces of %i bytes are refused before anything is made', async (pieceSizeBytes) => {
    const url = bench.origin.serve('/sized.bin', { size: SIZE, etag: '"v1"' });
    const copied = bench.piecework.copy({
      source: { url },
      destination: `s3://${BUCKET}/sized`,
      options: { pieceSizeBytes },
    });
    const { message } = await failureOf(copied, 'PieceSizeOutOfLimits');
    expect(message).toContain('5 MiB to 5 GiB');
    expect(bench.store.log).toEqual([]);
    expect(await readdir(join(bench.folder, 'state', 'transfers')).catch(() => [])).toEqual([]);
  });

  test('a digest is proved under a staging key, which does not stay', async () => {
    const url = bench.origin.serve('/proved.bin', { size: SIZE, etag: '"v1"' });
    const expectation = (digest: string) => ({ ...options, expect: { digests: { sha256: digest } } });
    const destination = `s3://${BUCKET}/proved.bin`;
    await failureOf(
      bench.piecework.copy({ source: { url }, destination, options: expectation('a'.repeat(64)) }),
      'DigestMismatch',
    );
    expect(await bench.store.object(BUCKET, 'proved.bin')).toBeUndefined();
    const digest = sha256(patternBytes(0, SIZE));
    const report = await bench.piecework.copy({ source: { url }, destination, options: expectation(digest) });
    expect(report.result).toMatchObject({ version: 'digest', digests: { sha256: digest } });
    await expectObject('proved.bin');
    expect(bench.store.log.filter(({ operation }) => operation === 'DeleteObject').map(({ key }) => key)).toHaveLength(
      2,
    );
  });

  test('what another program writes over the staged object while it is copied is not published, and is not deleted', async () => {
    const url = bench.origin.serve('/intruded.bin', { size: SIZE, etag: '"v1"' });
    const evil = Buffer.alloc(SIZE, 1);
    const stagingKey = () => bench.store.log.find(({ operation }) => operation === 'GetObject')?.key ?? '';
    const written = Promise.withResolvers<void>();
    // The copy onto the key begins, and waits until the other writer is done.
    bench.store.fail({
      operation: 'CreateMultipartUpload',
      when({ key }) {
        if (key !== 'intruded.bin') return false;
        const put = new PutObjectCommand({ Bucket: BUCKET, Key: stagingKey(), Body: evil });
        written.resolve(
          clientOf(bench.store)
            .send(put)
            .then(() => {}),
        );
        return true;
      },
      what: { kind: 'hold', until: written.promise },
    });
    const error = await failureOf(
      bench.piecework.copy({
        source: { url },
        destination: `s3://${BUCKET}/intruded.bin`,
        options: { ...options, expect: { digests: { sha256: sha256(patternBytes(0, SIZE)) } } },
      }),
      'StagedObjectChanged',
    );
    expect(error.message).toContain('another program wrote over the object while its digest was being proved');
    expect(await bench.store.object(BUCKET, 'intruded.bin')).toBeUndefined();
    expect(await bench.store.object(BUCKET, stagingKey())).toEqual(evil);
    expect(bench.store.openUploads()).toEqual([]);
  });

  test('if-exists fail and if-changed', async () => {
    const url = bench.origin.serve('/kept.bin', { size: SIZE, etag: '"v1"' });
    const destination = `s3://${BUCKET}/kept.bin`;
    await bench.piecework.copy({ source: { url }, destination, options });
    await failureOf(
      bench.piecework.copy({ source: { url }, destination, options: { ...options, ifExists: 'fail' } }),
      'DestinationExists',
    );
    const same = await bench.piecework.copy({
      source: { url },
      destination,
      options: { ...options, ifExists: 'if-changed' },
    });
    expect(same.result.unchanged).toBe(true);
    bench.origin.serve('/kept.bin', { size: SIZE, etag: '"v2"', seed: 2 });
    await bench.piecework.copy({ source: { url }, destination, options: { ...options, ifExists: 'if-changed' } });
    await expectObject('kept.bin', 2);
  });

  test('somebody else’s object that appears in the middle is not overwritten with if-exists fail', async () => {
    const url = bench.origin.serve('/raced.bin', { size: SIZE, etag: '"v1"' });
    bench.store.fail({
      operation: 'CompleteMultipartUpload',
      what: { kind: 'answer', status: 412, code: 'PreconditionFailed' },
    });
    const fail = { ...options, ifExists: 'fail' } as const;
    await failureOf(
      bench.piecework.copy({ source: { url }, destination: `s3://${BUCKET}/raced.bin`, options: fail }),
      'DestinationExists',
    );
    expect(bench.store.openUploads()).toEqual([]);
  });

  test('an answer lost at the completion is settled by asking for our own object', async () => {
    const url = bench.origin.serve('/lost.bin', { size: SIZE, etag: '"v1"' });
    bench.store.fail({ operation: 'CompleteMultipartUpload', what: { kind: 'dropAfter' }, times: 3 });
    await bench.piecework.copy({ source: { url }, destination: `s3://${BUCKET}/lost.bin`, options });
    await expectObject('lost.bin');
  });

  test.each([
    ['CreateMultipartUpload', 'SlowDown', 503],
    ['UploadPart', 'SlowDown', 503],
    ['UploadPart', 'InternalError', 500],
    ['CompleteMultipartUpload', 'InternalError', 500],
  ])('%s answering %s passes', async (operation, code, status) => {
    const url = bench.origin.serve('/rough.bin', { size: SIZE, etag: '"v1"' });
    bench.store.fail({ operation, what: { kind: 'answer', status, code }, times: 1 });
    await bench.piecework.copy({ source: { url }, destination: `s3://${BUCKET}/rough.bin`, options });
    await expectObject('rough.bin');
  });

  test('a 409 at the completion starts over with a new upload', async () => {
    const url = bench.origin.serve('/conflict.bin', { size: SIZE, etag: '"v1"' });
    bench.store.fail({
      operation: 'CompleteMultipartUpload',
      what: { kind: 'answer', status: 409, code: 'ConditionalRequestConflict' },
    });
    await bench.piecework.copy({ source: { url }, destination: `s3://${BUCKET}/conflict.bin`, options });
    await expectObject('conflict.bin');
  });

  test('an interrupted one goes on from the ledger; an aborted upload starts over', async () => {
    const url = bench.origin.serve('/half.bin', { size: SIZE, etag: '"v1"' });
    const destination = `s3://${BUCKET}/half.bin`;
    const stop = new AbortController();
    await using first = bench.open({ onEvent: (event) => event.type === 'piece.done' && stop.abort() });
    await failureOf(
      first.copy({ source: { url }, destination, options: { ...options, parallelism: 1 } }, stop.signal),
      'Interrupted',
    );
    await bench.store.idle();
    const [{ parts = [] } = {}, ...others] = bench.store.openUploads();
    expect([parts.length > 0, others]).toEqual([true, []]);
    const report = await bench.piecework.copy({ source: { url }, destination, options });
    expect(report.resumedPieces).toBe(parts.length);
    await expectObject('half.bin');
  });

  test.each([
    ['a missing bucket', 's3://no-such-bucket/x', undefined, 'DestinationMissing'],
    ['denied access', `s3://${BUCKET}/x`, { status: 403, code: 'AccessDenied' }, 'DestinationDenied'],
    ['expired credentials', `s3://${BUCKET}/x`, { status: 400, code: 'ExpiredToken' }, 'DestinationCredentials'],
  ] as const)('%s is one clear sentence', async (_name, destination, answer, code) => {
    const url = bench.origin.serve('/denied.bin', { size: SIZE, etag: '"v1"' });
    if (answer !== undefined)
      bench.store.fail({ operation: 'CreateMultipartUpload', what: { kind: 'answer', ...answer }, times: 100 });
    const error = await failureOf(bench.piecework.copy({ source: { url }, destination, options }), code);
    expect(error.message).toContain('s3://');
    expect(bench.store.openUploads()).toEqual([]);
  });
});
