import { describe, expect, test } from 'vitest';
import type { Completion } from '../support/s3-double/bench.ts';
import { A, B, base64, END, FULL, field, list, s3DoubleBench, WHOLE } from '../support/s3-double/bench.ts';

// What the double answers, held against AWS's documentation: a request, and the documented answer to it.
// API_… are pages of https://docs.aws.amazon.com/AmazonS3/latest/API/, the others of …/latest/userguide/.

describe('an upload of the S3 double', () => {
  const bench = s3DoubleBench();
  const { ask, complete, create, fresh, part } = bench;

  const completions: readonly [name: string, source: string, change: Completion, status: number, code?: string][] = [
    [
      'parts, checksum, size',
      'API_CompleteMultipartUpload',
      {
        headers: {
          'x-amz-checksum-crc32': base64(WHOLE),
          'x-amz-checksum-type': 'FULL_OBJECT',
          'x-amz-mp-object-size': String(WHOLE.length),
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
      { headers: { 'x-amz-checksum-crc32': base64(WHOLE), 'x-amz-checksum-type': 'COMPOSITE' } },
      400,
      'InvalidRequest',
    ],
    [
      'a whole checksum for a COMPOSITE upload',
      'API_CompleteMultipartUpload',
      { create: { 'x-amz-checksum-algorithm': 'CRC32' }, headers: { 'x-amz-checksum-crc32': base64(WHOLE) } },
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
    expect((await bench.double.object(bucket, key))?.toString()).toBe(status === 200 ? WHOLE : undefined);
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

  test('Create states algorithm and type; without a type CRC32 is COMPOSITE', async () => {
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
});
