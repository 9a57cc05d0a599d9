import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { A, B, base64, END, field, list, s3DoubleBench } from '../support/s3-double/bench.ts';

// What the double answers, held against AWS's documentation: a request, and the documented answer to it.
// API_… are pages of https://docs.aws.amazon.com/AmazonS3/latest/API/, the others of …/latest/userguide/.

describe('a part of the S3 double', () => {
  const bench = s3DoubleBench();
  const { ask, create, fresh, part } = bench;

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
    bench.double.fail({
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
    await bench.double.idle();
    expect(field((await ask('GET', at)).text, 'PartNumber')).toBe('2');
    expect((await ask('DELETE', at)).status).toBe(204);
    expect((await ask('GET', at)).code).toBe('NoSuchUpload');
  });

  test('ListMultipartUploads: by prefix, by key then id, in pages (API_ListMultipartUploads)', async () => {
    bench.double.makeBucket('uploads');
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
});
