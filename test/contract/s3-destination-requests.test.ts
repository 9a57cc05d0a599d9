import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { at, base64, begin, open, PIECE, requests, store } from '../support/s3-destination-bench.ts';
import { call, codeOf, listAll, objectSpec, proofOf, sendPart, whole, windows } from './destination/bench.ts';

describe('what is sent', () => {
  test('Create declares a FULL_OBJECT CRC32 and everything that stands beside the bytes', async () => {
    const double = await store();
    const destination = open(double);
    const { all, bytes, object, upload } = await begin(double, destination, {
      contentType: 'text/html',
      contentEncoding: 'gzip',
      contentDisposition: 'attachment; filename="naïve.bin"',
      contentLanguage: 'de',
      cacheControl: 'no-store',
      validator: { kind: 'date', lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT' },
      settings: {
        contentType: 'text/plain',
        storageClass: 'STANDARD_IA',
        encryption: { kind: 'kms', keyId: 'key-1' },
        acl: 'bucket-owner-full-control',
        tags: { 'a b': 'c&d', e: '' },
        metadata: { Colour: 'dark blue' },
      },
    });
    expect(requests(double, 'CreateMultipartUpload')[0]?.headers).toMatchObject({
      'x-amz-checksum-algorithm': 'CRC32',
      'x-amz-checksum-type': 'FULL_OBJECT',
      'content-type': 'text/plain',
      'content-encoding': 'gzip',
      'content-disposition': `attachment; filename="na_ve.bin"; filename*=UTF-8''na%C3%AFve.bin`,
      'content-language': 'de',
      'cache-control': 'no-store',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
      'x-amz-acl': 'bucket-owner-full-control',
      'x-amz-tagging': 'a%20b=c%26d&e=',
      'x-amz-meta-colour': 'dark blue',
      'x-amz-meta-piecework-token': object.token,
    });
    for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
    await destination.completeUpload(upload, await proofOf(destination, upload, object, bytes), call());
    expect(double.headersOf('bucket', 'folder/key.bin')).toMatchObject({ 'content-encoding': 'gzip' });
  });

  test('parts go with their length and checksum, unsigned and unchunked; windows with the checksum behind them', async () => {
    const double = await store();
    const destination = open(double);
    const { all, upload } = await begin(double, destination);
    await sendPart(destination, upload, all, 1);
    await sendPart(destination, upload, all, 2, windows(all[1] ?? Buffer.of(), 10_000));
    const [first, second] = requests(double, 'UploadPart').map(({ headers }) => headers);
    expect(first).toMatchObject({
      'content-length': String(PIECE),
      'x-amz-checksum-crc32': base64(all[0] ?? Buffer.of()),
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    });
    expect(second).toMatchObject({
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': String(PIECE),
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
    for (const headers of [first, second]) {
      expect([headers?.['transfer-encoding'], headers?.['expect']]).toEqual([undefined, undefined]);
    }
    expect(Number(second?.['content-length'])).toBeGreaterThan(PIECE);
  });

  test('with signed payloads the hash of a whole body is sent, and windows are refused before anything is', async () => {
    const double = await store();
    const destination = open(double, { unsignedPayload: false });
    const { all, upload } = await begin(double, destination);
    await sendPart(destination, upload, all, 1);
    expect(requests(double, 'UploadPart')[0]?.headers['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
    const code = await codeOf(sendPart(destination, upload, all, 2, windows(all[1] ?? Buffer.of(), 10_000)));
    expect([code, requests(double, 'UploadPart').length]).toEqual(['DestinationUnsupported', 1]);
  });

  test.for(['the same process', 'another process'])(
    'Complete carries checksum, type, size and condition (%s)',
    async (where) => {
      const double = await store();
      const destination = open(double);
      const { all, bytes, object, upload } = await begin(double, destination);
      for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
      const finisher = where === 'the same process' ? destination : open(double);
      const proof = await proofOf(destination, upload, object, bytes, 'absent');
      await finisher.completeUpload(upload, proof, call());
      expect(requests(double, 'CompleteMultipartUpload')[0]?.headers).toMatchObject({
        'x-amz-checksum-crc32': base64(bytes),
        'x-amz-checksum-type': 'FULL_OBJECT',
        'x-amz-mp-object-size': String(bytes.length),
        'if-none-match': '*',
      });
    },
  );

  test.for(['COMPOSITE', 'none'] as const)(
    'to a store that answers the wish with %s no whole checksum is sent, from no process',
    async (checksums) => {
      const double = await store({ checksums });
      const destination = open(double);
      const { all, bytes, object, upload } = await begin(double, destination);
      for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
      const listed = await listAll(open(double), upload);
      expect(listed === 'gone' ? listed : listed.map((part) => part.crc32 !== undefined)).toEqual(
        Array(3).fill(checksums === 'COMPOSITE'),
      );
      const parts = listed === 'gone' ? [] : listed.map((part, index) => ({ ...part, crc32: crc32(all[index] ?? '') }));
      await open(double).completeUpload(
        upload,
        { parts, sizeBytes: bytes.length, crc32: crc32(bytes), condition: 'none', object },
        call(),
      );
      const headers = requests(double, 'CompleteMultipartUpload')[0]?.headers;
      expect(headers).toMatchObject({ 'x-amz-mp-object-size': String(bytes.length) });
      expect([headers?.['x-amz-checksum-crc32'], headers?.['x-amz-checksum-type']]).toEqual([undefined, undefined]);
      expect(await double.object('bucket', 'folder/key.bin')).toEqual(bytes);
    },
  );

  test('a store that can no more than COMPOSITE is not asked for more', async () => {
    const double = await store();
    const destination = open(double, { store: { checksumType: 'COMPOSITE' } });
    await begin(double, destination);
    const headers = requests(double, 'CreateMultipartUpload')[0]?.headers;
    expect([headers?.['x-amz-checksum-algorithm'], headers?.['x-amz-checksum-type']]).toEqual(['CRC32', undefined]);
  });

  test('what an object is encoded with stays when it travels in chunks', async () => {
    const double = await store();
    const object = objectSpec(at(double), { contentEncoding: 'gzip' });
    const bytes = randomBytes(500_000);
    await open(double).putObject(object, bytes.length, windows(bytes, 70_000), 'none', call());
    expect(double.headersOf('bucket', 'folder/key.bin')?.['content-encoding']).toBe('gzip');
    expect(await double.object('bucket', 'folder/key.bin')).toEqual(bytes);
  });

  test('a validator too long for metadata is left out, the object is stored all the same', async () => {
    const double = await store();
    const destination = open(double);
    const object = objectSpec(at(double), { validator: { kind: 'strong', etag: `"${'x'.repeat(2000)}"` } });
    await destination.putObject(object, 3, whole(randomBytes(3)), 'none', call());
    const found = await destination.head(object.target, call());
    expect([found?.token, found?.validator]).toEqual([object.token, undefined]);
  });

  test('what the source says beside its bytes has room, and what is longer than makes sense is left out', async () => {
    const double = await store();
    const object = objectSpec(at(double), {
      contentType: 'text/plain',
      contentEncoding: 'gzip',
      contentLanguage: `de${', en'.repeat(4000)}`,
      cacheControl: 'no-store',
      contentDisposition: `attachment; filename="${'ü'.repeat(700)}"`,
    });
    await open(double).putObject(object, 3, whole(randomBytes(3)), 'none', call());
    const sent = requests(double, 'PutObject')[0]?.headers ?? {};
    expect(sent).toMatchObject({
      'content-type': 'text/plain',
      'content-encoding': 'gzip',
      'cache-control': 'no-store',
    });
    expect([sent['content-language'], sent['content-disposition']]).toEqual([undefined, undefined]);
  });

  test('metadata that somebody else wrote is not taken for a validator', async () => {
    const double = await store();
    for (const value of ['%', 'null', '"x"', '%7B%22kind%22%3A%22strong%22%7D', '%7B%22kind%22%3A1%7D']) {
      await fetch(`${double.endpoint}/bucket/foreign`, {
        method: 'PUT',
        body: 'x',
        headers: { 'x-amz-meta-piecework-validator': value, connection: 'close' },
      });
      expect((await open(double).head(at(double, 'foreign'), call()))?.validator).toBeUndefined();
    }
  });
});
