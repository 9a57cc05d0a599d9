import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { A, B, base64, END, FULL, field, list, MIN, s3DoubleBench, WHOLE } from '../support/s3-double/bench.ts';
import { startS3Double } from '../support/s3-double.ts';

// What the double answers, held against AWS's documentation: a request, and the documented answer to it.
// API_… are pages of https://docs.aws.amazon.com/AmazonS3/latest/API/, the others of …/latest/userguide/.

describe('an object of the S3 double', () => {
  const bench = s3DoubleBench();
  const { ask, create, fresh } = bench;

  const puts: readonly [
    name: string,
    headers: (etag: string) => Record<string, string>,
    there: boolean,
    status: number,
    code?: string,
  ][] = [
    ['If-None-Match: * on nothing', () => ({ 'if-none-match': '*' }), false, 200],
    ['If-None-Match: * on something', () => ({ 'if-none-match': '*' }), true, 412, 'PreconditionFailed'],
    ['If-Match with its ETag', (etag) => ({ 'if-match': etag }), true, 200],
    ['If-Match with another ETag', () => ({ 'if-match': '"0"' }), true, 412, 'PreconditionFailed'],
    ['If-Match on nothing', (etag) => ({ 'if-match': etag }), false, 404, 'NoSuchKey'],
    ['If-None-Match with an ETag', (etag) => ({ 'if-none-match': etag }), false, 501, 'NotImplemented'],
  ];
  test.for(puts)('PutObject with %s (conditional-writes)', async ([, headers, there, status, code]) => {
    const path = fresh();
    const etag = there ? ((await ask('PUT', path, {}, 'old')).headers.get('etag') ?? '') : '"1"';
    const said = await ask('PUT', path, headers(etag), 'new');
    expect([said.status, said.code]).toEqual([status, code]);
  });

  test('GetObject and HeadObject: headers, ranges, conditions (API_GetObject)', async () => {
    const path = fresh();
    const kept = {
      'content-type': 'text/x',
      'cache-control': 'no-store',
      'content-encoding': 'gzip',
      'x-amz-meta-a': '1',
    };
    const etag =
      (await ask('PUT', path, { ...kept, 'x-amz-checksum-crc32': base64('0123456789') }, '0123456789')).headers.get(
        'etag',
      ) ?? '';
    const response = await fetch(`${bench.double.endpoint}${path}`, {
      method: 'HEAD',
      headers: { 'x-amz-checksum-mode': 'ENABLED', connection: 'close' },
    });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...kept,
      etag,
      'content-length': '10',
      'x-amz-checksum-crc32': base64('0123456789'),
      'x-amz-checksum-type': 'FULL_OBJECT',
    });
    const plain = fresh();
    await ask('PUT', plain, {}, '0123456789');
    const got = async (headers: Record<string, string>) => {
      const said = await ask('GET', plain, headers);
      return [said.status, said.code ?? said.text, said.headers.get('content-range')];
    };
    expect(await got({ range: 'bytes=2-4' })).toEqual([206, '234', 'bytes 2-4/10']);
    expect(await got({ range: 'bytes=-3' })).toEqual([206, '789', 'bytes 7-9/10']);
    expect(await got({ range: 'bytes=8-99' })).toEqual([206, '89', 'bytes 8-9/10']);
    expect(await got({ range: 'bytes=10-' })).toEqual([416, 'InvalidRange', null]);
    expect(await got({ 'if-match': '"0"' })).toEqual([412, 'PreconditionFailed', null]);
    expect((await ask('GET', fresh())).code).toBe('NoSuchKey');
    expect(await ask('HEAD', fresh())).toMatchObject({ status: 404, text: '' });
  });

  test('CopyObject: metadata kept or replaced, conditions on both ends (API_CopyObject)', async () => {
    const [from, kept, replaced] = [fresh(), fresh(), fresh()];
    await ask('PUT', from, { 'x-amz-meta-a': '1' }, 'bytes');
    await ask('PUT', kept, { 'x-amz-copy-source': from });
    await ask('PUT', replaced, {
      'x-amz-copy-source': from,
      'x-amz-metadata-directive': 'REPLACE',
      'x-amz-meta-b': '2',
    });
    const metadata = async (path: string) => {
      const { headers, text } = await ask('GET', path);
      return [headers.get('x-amz-meta-a'), headers.get('x-amz-meta-b'), text];
    };
    expect([await metadata(kept), await metadata(replaced)]).toEqual([
      ['1', null, 'bytes'],
      [null, '2', 'bytes'],
    ]);
    expect((await ask('PUT', kept, { 'x-amz-copy-source': from, 'if-none-match': '*' })).code).toBe(
      'PreconditionFailed',
    );
    expect((await ask('PUT', kept, { 'x-amz-copy-source': from, 'x-amz-copy-source-if-match': '"0"' })).code).toBe(
      'PreconditionFailed',
    );
    expect((await ask('PUT', kept, { 'x-amz-copy-source': fresh() })).code).toBe('NoSuchKey');
  });

  test('DeleteObject is 204 whether something is there or not (API_DeleteObject)', async () => {
    const path = fresh();
    await ask('PUT', path, {}, 'x');
    expect([
      (await ask('DELETE', path)).status,
      (await ask('DELETE', path)).status,
      (await ask('GET', path)).status,
    ]).toEqual([204, 204, 404]);
  });

  test('ListObjectsV2 goes in pages, sorted, by prefix (API_ListObjectsV2)', async () => {
    bench.double.makeBucket('list');
    for (const key of ['p/c', 'p/a', 'q', 'p/b&<']) await ask('PUT', `/list/${encodeURIComponent(key)}`, {}, key);
    const first = await ask('GET', '/list?list-type=2&prefix=p/');
    const token = field(first.text, 'NextContinuationToken') ?? '';
    const second = await ask('GET', `/list?list-type=2&prefix=p/&continuation-token=${encodeURIComponent(token)}`);
    const keys = [first, second].map(({ text }) => [...text.matchAll(/<Key>([^<]+)</g)].map(([, key]) => key));
    expect([keys, field(second.text, 'IsTruncated')]).toEqual([[['p/a', 'p/b&amp;&lt;'], ['p/c']], 'false']);
  });

  test.for([
    'GET /none/k',
    'PUT /none/k',
    'POST /none/k?uploads',
    'GET /none?uploads',
    'GET /none?list-type=2',
    'GET /none/k?uploadId=1',
  ])('%s: NoSuchBucket (ErrorResponses)', async (line) => {
    const [method = '', path = ''] = line.split(' ');
    expect((await ask(method, path, {}, method === 'GET' ? undefined : '')).code).toBe('NoSuchBucket');
  });

  test('a request signed for another region is sent to the right one (UsingRouting)', async () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0';
    const said = await ask('GET', '/b/k', { authorization });
    expect([said.status, said.code, said.headers.get('x-amz-bucket-region')]).toEqual([
      301,
      'PermanentRedirect',
      'us-east-1',
    ]);
  });

  test('faults: skipped, counted, and what they did is what they say', async () => {
    const path = fresh();
    bench.double.fail({
      operation: 'PutObject',
      skip: 1,
      times: 2,
      what: { kind: 'answer', status: 503, code: 'SlowDown', headers: { 'retry-after': '1' } },
    });
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 4; i += 1) codes.push((await ask('PUT', path, {}, 'x')).code);
    expect(codes).toEqual([undefined, 'SlowDown', 'SlowDown', undefined]);
    const [before, after] = [fresh(), fresh()];
    bench.double.fail({ operation: 'PutObject', what: { kind: 'dropBefore' } });
    await expect(ask('PUT', before, {}, 'x')).rejects.toThrow();
    bench.double.fail({ operation: 'PutObject', what: { kind: 'dropAfter' } });
    await expect(ask('PUT', after, {}, 'x')).rejects.toThrow();
    expect([(await ask('GET', before)).status, (await ask('GET', after)).status]).toEqual([404, 200]);
    bench.double.fail({ operation: 'PutObject', what: { kind: 'errorIn200', code: 'InternalError' } });
    expect(await ask('PUT', fresh(), {}, 'x')).toMatchObject({ status: 200, code: 'InternalError' });
    expect(bench.double.log.at(-1)).toMatchObject({ operation: 'PutObject', bucket: 'b', status: 200 });
  });

  test('keeps bytes in files of a folder as it does in memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'piecework-double-'));
    const server = await startS3Double({ minPartBytes: MIN, folder });
    try {
      server.makeBucket('b');
      const id = await create('/b/k', FULL, server);
      for (const [index, bytes] of [A, B, END].entries()) {
        await ask(
          'PUT',
          `/b/k?partNumber=${index + 1}&uploadId=${id}`,
          { 'x-amz-checksum-crc32': base64(bytes) },
          bytes,
          server,
        );
      }
      const headers = { 'x-amz-checksum-crc32': base64(WHOLE) };
      await ask(
        'POST',
        `/b/k?uploadId=${id}`,
        headers,
        list([
          [1, A],
          [2, B],
          [3, END],
        ]),
        server,
      );
      expect((await ask('GET', '/b/k', {}, undefined, server)).text).toBe(WHOLE);
      const range = await ask('GET', '/b/k', { range: `bytes=${MIN - 2}-${MIN + 1}` }, undefined, server);
      expect(range.text).toBe('aabb');
      expect(await readdir(folder)).toHaveLength(3);
    } finally {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    }
  });
});
