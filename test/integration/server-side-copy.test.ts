import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { CopyReport, CopyRequest } from '../../lib/index.ts';
import { crc32, crc32Base64, crc32Hex } from '../../lib/integrity/crc32.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import { s3Bench } from '../support/s3-bench.ts';
import { clientOf } from '../support/s3-client.ts';
import { startS3Double } from '../support/s3-double.ts';

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 20 * MIB + 7);
const OPTIONS = { pieceSizeBytes: 5 * MIB, parallelism: 2 };

const bench = s3Bench({
  buckets: ['source', 'target'],
  local: ({ endpoint, region }) => ({
    sourceS3: { endpoint, region },
    backoff: { baseMs: 1, capMs: 5 },
  }),
});

async function put(bytes: Uint8Array, key = 'source.bin', over: object = {}): Promise<void> {
  const client = clientOf(bench.store, 1);
  await client.send(new PutObjectCommand({ Bucket: 'source', Key: key, Body: bytes, ...over }));
  client.destroy();
}

const SOURCE = { url: 's3://source/source.bin' };

async function copy(over: Partial<CopyRequest> = {}): Promise<CopyReport> {
  return await bench.piecework.copy({ source: SOURCE, destination: 's3://target/copy.bin', options: OPTIONS, ...over });
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const count = (operation: string) => bench.store.log.filter((entry) => entry.operation === operation).length;
const warnings = () => bench.events.flatMap((event) => (event.type === 'planned' ? event.snapshot.warnings : []));

async function expectCopy(bytes: Uint8Array = BYTES): Promise<void> {
  expect(sha256((await bench.store.object('target', 'copy.bin')) ?? Buffer.alloc(0))).toBe(sha256(bytes));
  expect(bench.store.openUploads()).toEqual([]);
}

describe('a copy that the store makes', () => {
  test('moves no byte through us, pins the version of each part, and proves the whole by the source’s own checksum', async () => {
    await put(BYTES, 'source.bin', { ContentType: 'image/png', ChecksumCRC32: crc32Base64(crc32(BYTES)) });
    const report = await copy();
    await expectCopy();
    expect(report).toMatchObject({
      fetchedBytes: 0,
      plan: { mode: 'pieces', serverSideCopy: true },
      result: { version: 'digest', crc32: crc32Hex(crc32(BYTES)), digests: { crc32: crc32Hex(crc32(BYTES)) } },
    });
    expect([count('GetObject'), count('UploadPart'), count('UploadPartCopy')]).toEqual([0, 0, 5]);
    const etag = `"${createHash('md5').update(BYTES).digest('hex')}"`;
    for (const { operation, headers } of bench.store.log)
      if (operation === 'UploadPartCopy') expect(headers['x-amz-copy-source-if-match']).toBe(etag);
    expect(bench.store.headersOf('target', 'copy.bin')).toMatchObject({ 'content-type': 'image/png' });
    expect(bench.store.log.find(({ operation }) => operation === 'CompleteMultipartUpload')?.headers).toMatchObject({
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-checksum-crc32': crc32Base64(crc32(BYTES)),
    });
  });

  test('is planned in larger pieces than one that is fetched', async () => {
    await put(BYTES);
    const request = { source: SOURCE, destination: 's3://target/copy.bin', options: { parallelism: 1 } };
    expect((await bench.piecework.plan(request)).plan).toMatchObject({ serverSideCopy: true, pieceCount: 2 });
    const never = { ...request, options: { ...request.options, serverSideCopy: 'never' as const } };
    expect((await bench.piecework.plan(never)).plan).toMatchObject({ pieceSizeBytes: 8 * MIB, pieceCount: 3 });
  });

  test('is not made of what one put brings, unless it must be', async () => {
    const small = BYTES.subarray(0, MIB);
    await put(small);
    expect(await copy({ options: {} })).toMatchObject({ plan: { mode: 'single' }, fetchedBytes: MIB });
    expect(count('UploadPartCopy')).toBe(0);
    expect(await copy({ options: { serverSideCopy: 'always' } })).toMatchObject({
      plan: { mode: 'pieces', pieceCount: 1 },
      fetchedBytes: 0,
    });
    const [request] = bench.store.log.filter(({ operation }) => operation === 'UploadPartCopy');
    expect(request?.headers['x-amz-copy-source-range']).toBeUndefined();
    await expectCopy(small);
  });

  test('is not made when that is forbidden', async () => {
    await put(BYTES);
    const report = await copy({ options: { ...OPTIONS, serverSideCopy: 'never' } });
    expect(report.fetchedBytes).toBe(BYTES.length);
    expect([count('UploadPartCopy'), warnings()]).toEqual([0, []]);
    await expectCopy();
  });

  test('a digest that was asked for is proved by reading the copy back before it is visible', async () => {
    await put(BYTES);
    const expecting = (digest: string) => ({ options: { ...OPTIONS, expect: { digests: { sha256: digest } } } });
    await failureOf(copy(expecting('a'.repeat(64))), 'DigestMismatch');
    expect(await bench.store.object('target', 'copy.bin')).toBeUndefined();
    expect((await copy(expecting(sha256(BYTES)))).result.digests).toMatchObject({ sha256: sha256(BYTES) });
    await expectCopy();
    expect(count('UploadPart')).toBe(0);
  });

  test('an interrupted one goes on with the missing pieces', async () => {
    await put(BYTES);
    const stop = new AbortController();
    await using first = bench.open({ onEvent: (event) => event.type === 'piece.done' && stop.abort() });
    const interrupted = first.copy(
      { source: SOURCE, destination: 's3://target/copy.bin', options: { ...OPTIONS, parallelism: 1 } },
      stop.signal,
    );
    await failureOf(interrupted, 'Interrupted');
    expect(bench.store.openUploads()).toHaveLength(1);
    const before = count('UploadPartCopy');
    const report = await copy();
    expect(report).toMatchObject({ fetchedBytes: 0 });
    expect(report.resumedPieces).toBeGreaterThan(0);
    expect(count('UploadPartCopy') - before).toBe(5 - report.resumedPieces);
    await expectCopy();
  });
});

describe('a source that changes in the middle', () => {
  const other = patternBytes(0, BYTES.length, 2);

  test.each([
    ['a store that holds the condition', 'obeyed'],
    ['a store that overlooks it', 'ignored'],
  ] as const)('is noticed at %s', async (_name, conditions) => {
    await bench.startOver({ conditions });
    await put(BYTES);
    const changed = Promise.withResolvers<void>();
    bench.store.fail({
      operation: 'UploadPartCopy',
      skip: 1,
      when: ({ query }) => {
        if (query.get('partNumber') === '2') void put(other).then(changed.resolve, changed.reject);
        return true;
      },
      what: { kind: 'hold', until: changed.promise },
    });
    await failureOf(copy({ options: { ...OPTIONS, parallelism: 1, onSourceChange: 'fail' } }), 'SourceChanged');
    expect(await bench.store.object('target', 'copy.bin')).toBeUndefined();
    expect(bench.store.openUploads()).toEqual([]);
  });
});

describe('where the store does not copy', () => {
  test.each([
    ['reading it is denied', 'HeadObject', { status: 403, code: 'AccessDenied' }, "can't read the source"],
    ['copying is denied', 'UploadPartCopy', { status: 403, code: 'AccessDenied' }, 's3:GetObject'],
    ['it knows no such thing', 'UploadPartCopy', { status: 501, code: 'NotImplemented' }, 'does not know'],
  ] as const)('because %s, the bytes come through us, and it is said why', async (_name, operation, answer, why) => {
    await put(BYTES);
    // The second HEAD of the source is the destination's.
    const isSource = ({ bucket }: { readonly bucket: string }) => bucket === 'source';
    if (operation === 'HeadObject')
      bench.store.fail({ operation, skip: 1, when: isSource, what: { kind: 'answer', ...answer } });
    else bench.store.fail({ operation, what: { kind: 'answer', ...answer }, times: 100 });
    const report = await copy();
    expect(report.fetchedBytes).toBe(BYTES.length);
    expect(warnings().join()).toContain(why);
    await expectCopy();
    if (operation === 'HeadObject') return;
    await failureOf(copy({ options: { ...OPTIONS, serverSideCopy: 'always' } }), 'ServerSideCopyRefused');
  });

  test('because it says no checksum of what it copied', async () => {
    await bench.startOver({ checksums: 'none' });
    await put(BYTES);
    await failureOf(copy({ options: { ...OPTIONS, serverSideCopy: 'always' } }), 'ServerSideCopyRefused');
  });

  test('an error in an answer of 200 is one', async () => {
    await put(BYTES);
    bench.store.fail({ operation: 'UploadPartCopy', what: { kind: 'errorIn200', code: 'InternalError' }, times: 1 });
    expect((await copy()).fetchedBytes).toBe(0);
    await expectCopy();
  });

  test('because it is another store: nobody expected it, so nothing is said', async () => {
    await using other = await startS3Double();
    other.makeBucket('target');
    await put(BYTES);
    await using apart = bench.open({
      stateDir: join(bench.folder, 'apart'),
      s3: { endpointUrl: other.endpoint, region: other.region },
    });
    const request = { source: SOURCE, destination: 's3://target/copy.bin', options: OPTIONS };
    expect((await apart.copy(request)).fetchedBytes).toBe(BYTES.length);
    expect(warnings()).toEqual([]);
    await failureOf(
      apart.copy({ ...request, options: { ...OPTIONS, serverSideCopy: 'always' } }),
      'ServerSideCopyRefused',
    );
  });
});
