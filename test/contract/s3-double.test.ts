import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// What the double answers, held against AWS's documentation: a request, and the documented answer to it.
// API_… are pages of https://docs.aws.amazon.com/AmazonS3/latest/API/, the others of …/latest/userguide/.

const MIN = 1000;
const FULL = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' };

function base64(bytes: string | Uint8Array): string {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  return four.toString('base64');
}

interface Said {
  readonly status: number;
  readonly code: string | undefined;
  readonly headers: Headers;
  readonly text: string;
}

describe('the S3 double', () => {
  let double: S3Double;
  let serial = 0;

  beforeAll(async () => {
    double = await startS3Double({ minPartBytes: MIN, maxPartBytes: 100_000, pageSize: 2 });
    double.makeBucket('b');
  });
  afterAll(async () => {
    await double[Symbol.asyncDispose]();
  });

  async function ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
    server = double,
  ): Promise<Said> {
    const response = await fetch(`${server.endpoint}${path}`, {
      method,
      headers: { ...headers, connection: 'close' },
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    });
    const text = await response.text();
    return { status: response.status, code: field(text, 'Code'), headers: response.headers, text };
  }

  function field(text: string, name: string): string | undefined {
    return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  }

  function fresh(): string {
    serial += 1;
    return `/b/key-${serial}`;
  }

  async function create(path: string, headers: Record<string, string> = FULL, server = double): Promise<string> {
    const { text } = await ask('POST', `${path}?uploads`, headers, undefined, server);
    return field(text, 'UploadId') ?? '';
  }

  async function part(
    path: string,
    id: string,
    number: number,
    bytes: string,
    headers: Record<string, string> = { 'x-amz-checksum-crc32': base64(bytes) },
  ): Promise<Said> {
    return ask('PUT', `${path}?partNumber=${number}&uploadId=${id}`, headers, bytes);
  }

  function list(parts: readonly (readonly [number: number, bytes: string])[], checksums = true): string {
    const rows = parts.map(([number, bytes]) => {
      const etag = createHash('md5').update(bytes).digest('hex');
      return `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag>${checksums ? `<ChecksumCRC32>${base64(bytes)}</ChecksumCRC32>` : ''}</Part>`;
    });
    return `<CompleteMultipartUpload>${rows.join('')}</CompleteMultipartUpload>`;
  }

  const A = 'a'.repeat(MIN);
  const B = 'b'.repeat(MIN);
  const END = 'the end';

  /** An upload of three parts, and its Complete with the given changes. */
  async function complete(
    change: {
      headers?: Record<string, string>;
      parts?: readonly (readonly [number, string])[];
      sent?: readonly (readonly [number, string])[];
      checksums?: boolean;
      create?: Record<string, string>;
    },
    path = fresh(),
  ): Promise<Said> {
    const id = await create(path, change.create ?? FULL);
    const sent = change.sent ?? [
      [1, A],
      [2, B],
      [3, END],
    ];
    for (const [number, bytes] of sent) await part(path, id, number, bytes);
    return ask(
      'POST',
      `${path}?uploadId=${id}`,
      change.headers ?? {},
      list(change.parts ?? sent, change.checksums ?? true),
    );
  }

  const whole = A + B + END;
  const completions: readonly [
    name: string,
    source: string,
    change: Parameters<typeof complete>[0],
    status: number,
    code?: string,
  ][] = [
    [
      'parts, checksum, size',
      'API_CompleteMultipartUpload',
      {
        headers: {
          'x-amz-checksum-crc32': base64(whole),
          'x-amz-checksum-type': 'FULL_OBJECT',
          'x-amz-mp-object-size': String(whole.length),
        },
      },
      200,
    ],
    [
      'a wrong checksum of the whole',
      'checking-object-integrity-upload',
      { headers: { 'x-amz-checksum-crc32': base64('other') } },
      400,
      'BadDigest',
    ],
    [
      'another type of checksum than at Create',
      'API_CompleteMultipartUpload',
      { headers: { 'x-amz-checksum-crc32': base64(whole), 'x-amz-checksum-type': 'COMPOSITE' } },
      400,
      'InvalidRequest',
    ],
    [
      'a whole checksum for a COMPOSITE upload',
      'API_CompleteMultipartUpload',
      { create: { 'x-amz-checksum-algorithm': 'CRC32' }, headers: { 'x-amz-checksum-crc32': base64(whole) } },
      400,
      'BadDigest',
    ],
    [
      'a wrong size of the whole',
      'API_CompleteMultipartUpload',
      { headers: { 'x-amz-mp-object-size': '1' } },
      400,
      'InvalidRequest',
    ],
    [
      'a part that was not uploaded',
      'API_CompleteMultipartUpload',
      {
        parts: [
          [1, A],
          [2, B],
          [3, END],
          [4, END],
        ],
      },
      400,
      'InvalidPart',
    ],
    [
      'a part with another ETag',
      'API_CompleteMultipartUpload',
      {
        parts: [
          [1, B],
          [2, B],
          [3, END],
        ],
      },
      400,
      'InvalidPart',
    ],
    [
      'parts not in order',
      'API_CompleteMultipartUpload',
      {
        parts: [
          [2, B],
          [1, A],
          [3, END],
        ],
      },
      400,
      'InvalidPartOrder',
    ],
    [
      'part numbers with a gap, with checksums',
      'mpuoverview#mpuchecksums',
      {
        sent: [
          [1, A],
          [3, END],
        ],
      },
      400,
      'InvalidPartOrder',
    ],
    [
      'a small part in the middle',
      'API_CompleteMultipartUpload',
      {
        sent: [
          [1, A],
          [2, END],
          [3, END],
        ],
      },
      400,
      'EntityTooSmall',
    ],
    ['no checksums in the list', 'measured: versitygw', { checksums: false }, 400, 'InvalidRequest'],
    ['no parts at all', 'API_CompleteMultipartUpload', { parts: [] }, 400, 'MalformedXML'],
  ];
  test.for(completions)('Complete with %s (%s)', async ([, , change, status, code]) => {
    const path = fresh();
    const said = await complete(change, path);
    expect([said.status, said.code]).toEqual([status, code]);
    const [, bucket = '', key = ''] = path.split('/');
    expect((await double.object(bucket, key))?.toString()).toBe(status === 200 ? whole : undefined);
  });

  test('Complete under If-None-Match: 412 where something is, even before the size of parts is looked at (conditional-writes)', async () => {
    const path = fresh();
    await ask('PUT', path, {}, 'there');
    const said = await complete({ headers: { 'if-none-match': '*' } }, path);
    expect([said.status, said.code]).toEqual([412, 'PreconditionFailed']);
    expect((await ask('GET', path)).text).toBe('there');
    const other = await complete({ headers: { 'if-none-match': '*' } });
    expect(other.status).toBe(200);
  });

  test('the same Complete again is 200 with the same answer; a part after it is NoSuchUpload', async () => {
    const path = fresh();
    const id = await create(path);
    await part(path, id, 1, END);
    const first = await ask('POST', `${path}?uploadId=${id}`, {}, list([[1, END]]));
    const second = await ask('POST', `${path}?uploadId=${id}`, {}, list([[1, END]]));
    expect([first.status, second.status, second.text]).toEqual([200, 200, first.text]);
    expect((await part(path, id, 1, END)).code).toBe('NoSuchUpload');
  });

  test('COMPOSITE: the checksum of checksums, with the number of parts (checking-object-integrity-upload)', async () => {
    const said = await complete({ create: { 'x-amz-checksum-algorithm': 'CRC32' } });
    const all = Buffer.concat([A, B, END].map((bytes) => Buffer.from(base64(bytes), 'base64')));
    expect([field(said.text, 'ChecksumType'), field(said.text, 'ChecksumCRC32')]).toEqual([
      'COMPOSITE',
      `${base64(all)}-3`,
    ]);
  });

  test('Create tells algorithm and type; without the wish CRC32 is COMPOSITE', async () => {
    const types = [FULL, { 'x-amz-checksum-algorithm': 'CRC32' }, {}].map(async (headers) => {
      const said = await ask('POST', `${fresh()}?uploads`, headers);
      return [said.headers.get('x-amz-checksum-algorithm'), said.headers.get('x-amz-checksum-type')];
    });
    expect(await Promise.all(types)).toEqual([
      ['CRC32', 'FULL_OBJECT'],
      ['CRC32', 'COMPOSITE'],
      [null, null],
    ]);
  });

  const bodies: readonly [
    name: string,
    headers: Record<string, string>,
    body: string,
    status: number,
    code?: string,
  ][] = [
    ['its CRC32', { 'x-amz-checksum-crc32': base64(A) }, A, 200],
    ['another CRC32', { 'x-amz-checksum-crc32': base64(B) }, A, 400, 'BadDigest'],
    ['another MD5', { 'content-md5': createHash('md5').update(B).digest('base64') }, A, 400, 'BadDigest'],
    [
      'another SHA-256 in its signature',
      { 'x-amz-content-sha256': createHash('sha256').update(B).digest('hex'), 'x-amz-checksum-crc32': base64(A) },
      A,
      400,
      'XAmzContentSHA256Mismatch',
    ],
    ['no checksum, on an upload with one', {}, A, 400, 'InvalidRequest'],
    [
      'more bytes than a part may have',
      { 'x-amz-checksum-crc32': base64('x'.repeat(100_001)) },
      'x'.repeat(100_001),
      400,
      'EntityTooLarge',
    ],
  ];
  test.for(bodies)('UploadPart with %s (API_UploadPart)', async ([, headers, body, status, code]) => {
    const path = fresh();
    const id = await create(path);
    const said = await part(path, id, 1, body, headers);
    expect([said.status, said.code]).toEqual([status, code]);
    const { text } = await ask('GET', `${path}?uploadId=${id}`);
    expect([...text.matchAll(/<PartNumber>/g)]).toHaveLength(status === 200 ? 1 : 0);
  });

  test.for([0, 10_001, -1, 1.5])('UploadPart number %d is InvalidArgument (API_UploadPart)', async (number) => {
    const path = fresh();
    const id = await create(path);
    expect((await part(path, id, number, A)).code).toBe('InvalidArgument');
  });

  const chunk = (bytes: string) => `${bytes.length.toString(16)}\r\n${bytes}\r\n`;
  const trailer = (bytes: string) => `0\r\nx-amz-checksum-crc32:${base64(bytes)}\r\n\r\n`;
  const large = 'x'.repeat(8192);
  const streams: readonly [name: string, body: string, length: number, status: number, code?: string][] = [
    [
      'chunks of 8 KiB and a smaller last one',
      chunk(large) + chunk(END) + trailer(large + END),
      large.length + END.length,
      200,
    ],
    [
      'a small chunk that is not the last',
      chunk(END) + chunk(large) + trailer(END + large),
      large.length + END.length,
      403,
      'InvalidChunkSizeError',
    ],
    ['a trailer for other bytes', chunk(large) + trailer(END), large.length, 400, 'BadDigest'],
    ['no trailer', `${chunk(large)}0\r\n\r\n`, large.length, 400, 'MalformedTrailerError'],
    ['fewer bytes than announced', chunk(large) + trailer(large), large.length + 1, 400, 'IncompleteBody'],
    ['no chunks but plain bytes', large, large.length, 400, 'IncompleteBody'],
  ];
  test.for(streams)('aws-chunked: %s (sigv4-streaming-trailers)', async ([, body, length, status, code]) => {
    const path = fresh();
    const headers = {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': String(length),
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const said = await ask('PUT', path, headers, body);
    expect([said.status, said.code]).toEqual([status, code]);
    expect((await ask('GET', path)).status).toBe(status === 200 ? 200 : 404);
  });

  test('ListParts goes in pages by part-number-marker, and names a next marker on the last one too (API_ListParts)', async () => {
    const path = fresh();
    const id = await create(path);
    for (const number of [1, 2, 3, 5]) await part(path, id, number, `part ${number}`);
    const pages: (string | undefined)[][] = [];
    for (const after of ['', '&part-number-marker=2', '&max-parts=1&part-number-marker=3']) {
      const { text } = await ask('GET', `${path}?uploadId=${id}${after}`);
      pages.push([
        ...[...text.matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => number),
        field(text, 'IsTruncated'),
        field(text, 'NextPartNumberMarker'),
        field(text, 'ChecksumType'),
      ]);
    }
    expect(pages).toEqual([
      ['1', '2', 'true', '2', 'FULL_OBJECT'],
      ['3', '5', 'false', '5', 'FULL_OBJECT'],
      ['5', 'false', '5', 'FULL_OBJECT'],
    ]);
  });

  test('a part that is sent again replaces the first (API_UploadPart)', async () => {
    const path = fresh();
    const id = await create(path);
    for (const bytes of [A, END]) await part(path, id, 1, bytes);
    expect((await ask('POST', `${path}?uploadId=${id}`, {}, list([[1, A]]))).code).toBe('InvalidPart');
    expect((await ask('POST', `${path}?uploadId=${id}`, {}, list([[1, END]]))).status).toBe(200);
  });

  test('after Abort the upload is gone for all; a part in flight lands all the same, until the next Abort (API_AbortMultipartUpload)', async () => {
    const path = fresh();
    const id = await create(path);
    await part(path, id, 1, A);
    let land: () => void = () => {};
    double.fail({
      operation: 'UploadPart',
      what: {
        kind: 'late',
        until: new Promise((resolve) => {
          land = resolve;
        }),
      },
    });
    await expect(part(path, id, 2, B)).rejects.toThrow();
    const at = `${path}?uploadId=${id}`;
    expect((await ask('DELETE', at)).status).toBe(204);
    expect([
      (await ask('GET', at)).code,
      (await part(path, id, 3, A)).code,
      (await ask('DELETE', at)).code,
      (await ask('POST', at, {}, list([[1, A]]))).code,
    ]).toEqual(Array(4).fill('NoSuchUpload'));
    land();
    await double.idle();
    expect(field((await ask('GET', at)).text, 'PartNumber')).toBe('2');
    expect((await ask('DELETE', at)).status).toBe(204);
    expect((await ask('GET', at)).code).toBe('NoSuchUpload');
  });

  test('ListMultipartUploads: by prefix, by key then id, in pages (API_ListMultipartUploads)', async () => {
    double.makeBucket('uploads');
    const ids = [
      await create('/uploads/k/b'),
      await create('/uploads/k/a'),
      await create('/uploads/k/a'),
      await create('/uploads/z'),
    ];
    const seen = async (query: string) => {
      const { text } = await ask('GET', `/uploads?uploads&${query}`);
      return [
        ...[...text.matchAll(/<UploadId>([^<]+)</g)].map(([, id = '']) => ids.indexOf(id)),
        field(text, 'IsTruncated'),
      ];
    };
    expect(await seen('prefix=k/')).toEqual([1, 2, 'true']);
    expect(await seen(`prefix=k/&key-marker=k/a&upload-id-marker=${ids[1]}`)).toEqual([2, 0, 'false']);
    expect(await seen('prefix=k/&key-marker=k/a')).toEqual([0, 'false']);
  });

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
    const response = await fetch(`${double.endpoint}${path}`, {
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

  test('UploadPartCopy: a range of an object becomes a part (API_UploadPartCopy)', async () => {
    const [from, to] = [fresh(), fresh()];
    await ask('PUT', from, {}, '0123456789');
    const id = await create(to);
    const copy = async (range: string) =>
      ask('PUT', `${to}?partNumber=1&uploadId=${id}`, { 'x-amz-copy-source': from, 'x-amz-copy-source-range': range });
    expect((await copy('bytes=5-10')).code).toBe('InvalidArgument');
    expect(field((await copy('bytes=2-4')).text, 'ChecksumCRC32')).toBe(base64('234'));
    await ask('POST', `${to}?uploadId=${id}`, {}, list([[1, '234']]));
    expect((await ask('GET', to)).text).toBe('234');
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
    double.makeBucket('list');
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
    double.fail({
      operation: 'PutObject',
      skip: 1,
      times: 2,
      what: { kind: 'answer', status: 503, code: 'SlowDown', headers: { 'retry-after': '1' } },
    });
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 4; i += 1) codes.push((await ask('PUT', path, {}, 'x')).code);
    expect(codes).toEqual([undefined, 'SlowDown', 'SlowDown', undefined]);
    const [before, after] = [fresh(), fresh()];
    double.fail({ operation: 'PutObject', what: { kind: 'dropBefore' } });
    await expect(ask('PUT', before, {}, 'x')).rejects.toThrow();
    double.fail({ operation: 'PutObject', what: { kind: 'dropAfter' } });
    await expect(ask('PUT', after, {}, 'x')).rejects.toThrow();
    expect([(await ask('GET', before)).status, (await ask('GET', after)).status]).toEqual([404, 200]);
    double.fail({ operation: 'PutObject', what: { kind: 'errorIn200', code: 'InternalError' } });
    expect(await ask('PUT', fresh(), {}, 'x')).toMatchObject({ status: 200, code: 'InternalError' });
    expect(double.log.at(-1)).toMatchObject({ operation: 'PutObject', bucket: 'b', status: 200 });
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
      const headers = { 'x-amz-checksum-crc32': base64(whole) };
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
      expect((await ask('GET', '/b/k', {}, undefined, server)).text).toBe(whole);
      const range = await ask('GET', '/b/k', { range: `bytes=${MIN - 2}-${MIN + 1}` }, undefined, server);
      expect(range.text).toBe('aabb');
      expect(await readdir(folder)).toHaveLength(3);
    } finally {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    }
  });
});
