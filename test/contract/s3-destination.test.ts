import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CopyUploads, Destination, ObjectSpec, UploadRef } from '../../lib/destinations/destination.ts';
import type { S3DestinationOptions } from '../../lib/destinations/s3/destination.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { stagingOf } from '../../lib/pipeline/shared/upload-ref.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { Body } from '../../lib/values/bytes.ts';
import type { Clock } from '../../lib/values/time.ts';
import { BAD_SETTINGS } from '../support/bad-settings.ts';
import { createAuthority } from '../support/certificates.ts';
import { unwatched } from '../support/reading.ts';
import type { DoubleOptions } from '../support/s3-double/state.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import { call, codeOf, listAll, objectSpec, pieces, proofOf, sendPart, whole, windows } from './destination.ts';

// What is S3's own, beyond the contract of every destination: what is sent, what is retried, what the errors say.

const PIECE = 300_000;
const cleanups: (() => Promise<unknown>)[] = [];
/** Waits cost nothing, and are written down. */
const waited: number[] = [];
const clock: Clock = {
  now: () => Date.parse('2026-01-01T00:00:00Z'),
  sleep: async (ms, signal) => {
    signal.throwIfAborted();
    waited.push(ms);
  },
};

beforeEach(async () => {
  // No credentials, profile or region of the machine that this runs on, and no questions to its network.
  for (const name of [
    'AWS_PROFILE',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ]) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  waited.length = 0;
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function store(options: DoubleOptions = {}): Promise<S3Double> {
  const double = await startS3Double({ minPartBytes: 1000, ...options });
  cleanups.push(async () => double[Symbol.asyncDispose]());
  double.makeBucket('bucket');
  return double;
}

function open(double: S3Double, options: S3DestinationOptions = {}): Destination {
  const destination = s3Destination({
    endpoint: double.endpoint,
    region: double.region,
    credentials: double.credentials,
    clock,
    ...options,
  });
  cleanups.push(async () => destination[Symbol.asyncDispose]());
  return destination;
}

function at(double: S3Double, key = 'folder/key.bin'): DestinationLocator {
  return { kind: 's3', bucket: 'bucket', key, endpoint: double.endpoint };
}

async function begin(double: S3Double, destination: Destination, over: Partial<ObjectSpec> = {}) {
  const bytes = randomBytes(2 * PIECE + 17);
  const all = pieces(bytes, PIECE);
  const object = objectSpec(at(double), { sizeBytes: bytes.length, pieceSizeBytes: PIECE, ...over });
  const upload = await destination.createUpload(object, call());
  return { bytes, all, object, upload };
}

function requests(double: S3Double, operation: string) {
  return double.log.filter((entry) => entry.operation === operation);
}

function base64(bytes: Uint8Array): string {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  return four.toString('base64');
}

async function errorOf(promise: Promise<unknown>): Promise<PieceworkError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof PieceworkError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

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
      'content-disposition': 'attachment; filename="na%C3%AFve.bin"',
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
      const listed = await listAll(destination, upload);
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

describe('copying onto the real key', () => {
  test.for([
    ['AWS', 'none', ['HeadObject', 'CopyObject']],
    ['AWS', 'absent', ['HeadObject', 'CopyObject']],
    ['compatible', 'none', ['HeadObject', 'CopyObject']],
    ['compatible', 'absent', ['HeadObject', 'CreateMultipartUpload', 'UploadPartCopy', 'CompleteMultipartUpload']],
  ] as const)('at a store like %s under the condition %s', async ([kind, condition, operations]) => {
    const double = await store();
    const destination = open(double, { store: { conditionalCopy: kind === 'AWS' } });
    const bytes = randomBytes(5000);
    const staged = at(double, 'key.piecework-1 ü+%');
    await destination.putObject(objectSpec(staged), bytes.length, whole(bytes), 'none', call());
    const before = double.log.length;
    const final = objectSpec(at(double, 'key'), { contentType: 'text/x', settings: { tags: { a: '1' } } });
    await stagingOf(destination).promote(staged, final, bytes.length, condition, unwatched, call());
    expect(double.log.slice(before).map(({ operation }) => operation)).toEqual(operations);
    expect(double.headersOf('bucket', 'key')).toMatchObject({
      'content-type': 'text/x',
      'x-amz-tagging': 'a=1',
      'x-amz-meta-piecework-token': final.token,
    });
    expect(await double.object('bucket', 'key')).toEqual(bytes);
    expect(double.openUploads()).toEqual([]);
    if (condition === 'absent')
      expect(
        await codeOf(stagingOf(destination).promote(staged, final, bytes.length, condition, unwatched, call())),
      ).toBe('DestinationExists');
    expect(double.openUploads()).toEqual([]);
  });

  test('in parts says so before the upload is begun, and names it before anything is in it', async () => {
    const double = await store();
    const destination = open(double, { store: { conditionalCopy: false } });
    await destination.putObject(objectSpec(at(double, 'staged')), 10, whole(randomBytes(10)), 'none', call());
    const before = double.log.length;
    const done = () => double.log.slice(before).map(({ operation }) => operation);
    const seen: unknown[] = [];
    const uploads = {
      begins: async () => void seen.push(done()),
      began: async (id: string) =>
        void seen.push(
          done(),
          [id],
          double.openUploads().map((open) => open.id),
        ),
    };
    await stagingOf(destination).promote(
      at(double, 'staged'),
      objectSpec(at(double, 'key')),
      10,
      'absent',
      uploads,
      call(),
    );
    const [, , name] = seen;
    expect(seen).toEqual([['HeadObject'], ['HeadObject', 'CreateMultipartUpload'], name, name]);
  });

  test('in parts ends, with its upload, when that can not be recorded', async () => {
    const double = await store();
    const destination = open(double, { store: { conditionalCopy: false } });
    await destination.putObject(objectSpec(at(double, 'staged')), 10, whole(randomBytes(10)), 'none', call());
    const refuse = async () => {
      throw new PieceworkError('Conflict', 'somebody else goes on');
    };
    const promote = (uploads: CopyUploads) =>
      stagingOf(destination).promote(
        at(double, 'staged'),
        objectSpec(at(double, 'key')),
        10,
        'absent',
        uploads,
        call(),
      );
    expect(await codeOf(promote({ ...unwatched, begins: refuse }))).toBe('Conflict');
    expect(double.log.some(({ operation }) => operation === 'CreateMultipartUpload')).toBe(false);
    expect(await codeOf(promote({ ...unwatched, began: refuse }))).toBe('Conflict');
    expect(double.openUploads()).toEqual([]);
    expect(await double.object('bucket', 'key')).toBeUndefined();
  });

  test('of an object that is not what was proved is refused', async () => {
    const double = await store();
    const destination = open(double);
    const final = objectSpec(at(double, 'key'));
    expect(
      await codeOf(stagingOf(destination).promote(at(double, 'staged'), final, 10, 'none', unwatched, call())),
    ).toBe('UploadLost');
    await destination.putObject(objectSpec(at(double, 'staged')), 9, whole(randomBytes(9)), 'none', call());
    expect(
      await codeOf(stagingOf(destination).promote(at(double, 'staged'), final, 10, 'none', unwatched, call())),
    ).toBe('OutcomeUnknown');
    expect(await double.object('bucket', 'key')).toBeUndefined();
  });

  test('of an empty object', async () => {
    const double = await store();
    const destination = open(double);
    await destination.putObject(objectSpec(at(double, 'staged')), 0, whole(Buffer.of()), 'none', call());
    await stagingOf(destination).promote(
      at(double, 'staged'),
      objectSpec(at(double, 'key')),
      0,
      'absent',
      unwatched,
      call(),
    );
    expect(await double.object('bucket', 'key')).toEqual(Buffer.of());
  });
});

describe('what is tried again', () => {
  const passing = [
    { kind: 'answer', status: 503, code: 'SlowDown' },
    { kind: 'answer', status: 500, code: 'InternalError' },
    { kind: 'answer', status: 400, code: 'RequestTimeout' },
    { kind: 'dropBefore' },
    { kind: 'dropAfter' },
  ] as const;

  test.for(passing)('a whole part, twice, after %o', async (what) => {
    const double = await store();
    const destination = open(double);
    const { all, upload } = await begin(double, destination);
    double.fail({ operation: 'UploadPart', times: 2, what });
    await sendPart(destination, upload, all, 1);
    expect([requests(double, 'UploadPart').length, waited.length]).toEqual([3, 2]);
    double.fail({ operation: 'UploadPart', times: 3, what });
    const code = await codeOf(sendPart(destination, upload, all, 2));
    expect(['DestinationBusy', 'DestinationServerError', 'DestinationUnreachable']).toContain(code);
    expect(requests(double, 'UploadPart')).toHaveLength(6);
  });

  test.for(passing)('never a part in windows, after %o', async (what) => {
    const double = await store();
    const destination = open(double);
    const { all, upload } = await begin(double, destination);
    double.fail({ operation: 'UploadPart', what });
    expect(await codeOf(sendPart(destination, upload, all, 1, windows(all[0] ?? Buffer.of(), 65_536)))).not.toBe(
      'no error',
    );
    expect(requests(double, 'UploadPart')).toHaveLength(1);
  });

  test("a short Retry-After is waited for, a long one is the caller's to wait", async () => {
    const double = await store();
    const destination = open(double);
    const { all, upload } = await begin(double, destination);
    const busy = (seconds: string) =>
      ({ kind: 'answer', status: 503, code: 'SlowDown', headers: { 'retry-after': seconds } }) as const;
    double.fail({ operation: 'UploadPart', what: busy('4') });
    await sendPart(destination, upload, all, 1);
    expect(waited[0]).toBeGreaterThanOrEqual(4000);
    double.fail({ operation: 'UploadPart', what: busy('60') });
    const error = await errorOf(sendPart(destination, upload, all, 1));
    expect([error.code, error.details.retryAfterMs, waited.length]).toEqual(['DestinationBusy', 60_000, 1]);
  });

  test.for(['AccessDenied', 'NoSuchUpload', 'BadDigest'])('not a part that was refused (%s)', async (code) => {
    const double = await store();
    const destination = open(double);
    const { all, upload } = await begin(double, destination);
    double.fail({ operation: 'UploadPart', what: { kind: 'answer', status: 403, code } });
    await codeOf(sendPart(destination, upload, all, 1));
    expect(requests(double, 'UploadPart')).toHaveLength(1);
  });

  test('neither Create nor Complete nor a conditional put: a lost answer is noticed, not repeated', async () => {
    const double = await store();
    const destination = open(double);
    const { all, bytes, object, upload } = await begin(double, destination);
    for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
    const proof = await proofOf(destination, upload, object, bytes);
    for (const operation of ['CreateMultipartUpload', 'CompleteMultipartUpload', 'PutObject'])
      double.fail({ operation, what: { kind: 'dropAfter' } });
    const other = objectSpec(at(double, 'other'));
    const codes = [
      await codeOf(destination.createUpload(other, call())),
      await codeOf(destination.completeUpload(upload, proof, call())),
      await codeOf(destination.putObject(other, 1, whole(Buffer.of(1)), 'absent', call())),
    ];
    expect(codes).toEqual(Array(3).fill('DestinationUnreachable'));
    expect([
      requests(double, 'CreateMultipartUpload').length,
      requests(double, 'CompleteMultipartUpload').length,
      requests(double, 'PutObject').length,
    ]).toEqual([2, 1, 1]);
    // What the caller does then.
    expect([
      (await destination.head(object.target, call()))?.token,
      (await destination.head(other.target, call()))?.token,
    ]).toEqual([object.token, other.token]);
  });

  test('reading the ledger', async () => {
    const double = await store();
    const destination = open(double);
    const { upload } = await begin(double, destination);
    double.fail({ operation: 'ListParts', times: 2, what: { kind: 'answer', status: 503, code: 'SlowDown' } });
    expect(await listAll(destination, upload)).toEqual([]);
    expect(requests(double, 'ListParts')).toHaveLength(3);
  });
});

describe('memory and time', () => {
  test('windows are asked for no faster than the store takes them', async () => {
    const sockets = new Set<Socket>();
    // Takes the connection, and reads nothing from it.
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      sockets.add(socket.on('error', () => {}));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const destination = s3Destination({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const target: DestinationLocator = { kind: 's3', bucket: 'b', key: 'k', endpoint };
    const controller = new AbortController();
    const view = new Uint8Array(1024 ** 2);
    let asked = 0;
    const body: Body = {
      kind: 'windows',
      next: async () => {
        asked += 1;
        return view;
      },
    };
    const upload: UploadRef = { target, id: 'id', token: 't' };
    const sent = destination.uploadPart(
      upload,
      { number: 1, sizeBytes: 1024 ** 3, offset: 0 },
      body,
      call(controller.signal),
    );
    sent.catch(() => {});
    // Until nothing moves any more: what the sockets hold is some MiB.
    for (let before = -1; before !== asked || sockets.size === 0; ) {
      before = asked;
      await delay(200);
    }
    controller.abort(new PieceworkError('Cancelled', 'enough'));
    expect(await codeOf(sent)).toBe('Cancelled');
    expect(asked).toBeLessThan(64);
    await destination[Symbol.asyncDispose]();
    for (const socket of sockets) socket.destroy();
    server.close();
    await new Promise((resolve) => server.once('close', resolve));
  });

  test('a connection on which nothing moves is given up', async () => {
    const double = await store();
    const destination = open(double, { idleTimeoutMs: 100 });
    double.fail({ operation: 'CreateMultipartUpload', what: { kind: 'delay', ms: 3000 } });
    expect(await codeOf(destination.createUpload(objectSpec(at(double)), call()))).toBe('DestinationUnreachable');
  });

  test('a body that fails leaves no connection behind that waits for the rest', async () => {
    const double = await store();
    // With one connection only, the next part would wait for it for ever.
    const destination = open(double, { maxSockets: 1 });
    const { all, upload } = await begin(double, destination);
    for (const fine of [0, 1, 2]) {
      let left = fine;
      const broken: Body = {
        kind: 'windows',
        next: async () => {
          left -= 1;
          if (left < 0) throw new PieceworkError('SourceReset', 'broke off');
          return randomBytes(PIECE / 2 - 1);
        },
      };
      expect(await codeOf(sendPart(destination, upload, all, 1, broken))).toBe('SourceReset');
      await sendPart(destination, upload, all, 2);
    }
    expect(await listAll(destination, upload)).toMatchObject([{ number: 2 }]);
  });
});

describe('what the store did not do', () => {
  test('a receipt for other bytes is a checksum mismatch', async () => {
    const double = await store();
    const destination = open(double);
    const { all, upload } = await begin(double, destination);
    for (const body of [undefined, windows(all[0] ?? Buffer.of(), 65_536)]) {
      double.fail({ operation: 'UploadPart', what: { kind: 'wrongReceipt' } });
      expect(await codeOf(sendPart(destination, upload, all, 1, body))).toBe('ChecksumMismatch');
    }
  });

  test('encryption that is ignored is told, and nothing is left', async () => {
    const double = await store({ encryption: 'ignored' });
    const destination = open(double);
    for (const encryption of [{ kind: 's3' }, { kind: 'kms' }] as const) {
      const object = objectSpec(at(double), { settings: { encryption } });
      expect(await codeOf(destination.createUpload(object, call()))).toBe('DestinationUnsupported');
      expect(await codeOf(destination.putObject(object, 1, whole(Buffer.of(1)), 'none', call()))).toBe(
        'DestinationUnsupported',
      );
    }
    expect([double.openUploads(), await double.object('bucket', 'folder/key.bin')]).toEqual([[], undefined]);
  });

  test('a late part stands in the ledger of an aborted upload until it is aborted again', async () => {
    const double = await store();
    const destination = open(double);
    const { all, upload } = await begin(double, destination);
    let land: () => void = () => {};
    const until = new Promise<void>((resolve) => {
      land = resolve;
    });
    double.fail({ operation: 'UploadPart', what: { kind: 'late', until } });
    await codeOf(sendPart(destination, upload, all, 1, windows(all[0] ?? Buffer.of(), 65_536)));
    await destination.abortUpload(upload, call());
    expect(await listAll(destination, upload)).toBe('gone');
    land();
    await double.idle();
    expect(await listAll(destination, upload)).toMatchObject([{ number: 1 }]);
    await destination.abortUpload(upload, call());
    expect(await listAll(destination, upload)).toBe('gone');
  });

  test('an error inside 200 OK is an error', async () => {
    const double = await store();
    const destination = open(double);
    const { all, bytes, object, upload } = await begin(double, destination);
    for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
    const proof = await proofOf(destination, upload, object, bytes);
    double.fail({ operation: 'CompleteMultipartUpload', what: { kind: 'errorIn200', code: 'InternalError' } });
    expect(await codeOf(destination.completeUpload(upload, proof, call()))).toBe('DestinationServerError');
    await destination.completeUpload(upload, proof, call());
    expect(await double.object('bucket', 'folder/key.bin')).toEqual(bytes);
  });

  test('a proof that does not add up is not sent', async () => {
    const double = await store();
    const destination = open(double);
    const { all, bytes, object, upload } = await begin(double, destination);
    for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
    const proof = await proofOf(destination, upload, object, bytes);
    expect(await codeOf(destination.completeUpload(upload, { ...proof, sizeBytes: 1 }, call()))).toBe(
      'DestinationRefused',
    );
    expect(await codeOf(destination.completeUpload(upload, { ...proof, crc32: 1 }, call()))).toBe('ChecksumMismatch');
    expect(requests(double, 'CompleteMultipartUpload')).toEqual([]);
  });
});

describe('errors', () => {
  const table: readonly [status: number, name: string, code: ErrorCode, says: RegExp][] = [
    [404, 'NoSuchBucket', 'DestinationMissing', /bucket "bucket" does not exist/],
    [403, 'AccessDenied', 'DestinationDenied', /s3:PutObject on arn:aws:s3:::bucket\/folder\/key\.bin, with tags also/],
    [403, 'InvalidAccessKeyId', 'DestinationCredentials', /access key/],
    [403, 'SignatureDoesNotMatch', 'DestinationCredentials', /secret key/],
    [400, 'ExpiredToken', 'DestinationCredentials', /expired/],
    [403, 'RequestTimeTooSkewed', 'DestinationCredentials', /clock/],
    [400, 'KMS.DisabledException', 'DestinationDenied', /KMS key/],
    [400, 'KMS.NotFoundException', 'DestinationDenied', /KMS key/],
    [400, 'InvalidStorageClass', 'DestinationUnsupported', /leave out the setting/],
    [501, 'NotImplemented', 'DestinationUnsupported', /leave out the setting/],
    [503, 'SlowDown', 'DestinationBusy', /patience/],
    [429, 'Unheard', 'DestinationBusy', /patience/],
    [503, 'ServiceUnavailable', 'DestinationBusy', /patience/],
    [500, 'InternalError', 'DestinationServerError', /failed at CreateMultipartUpload/],
    [502, 'BadGateway', 'DestinationServerError', /HTTP 502/],
    [409, 'OperationAborted', 'DestinationConflict', /another writer/],
    [507, 'XMinioStorageFull', 'DestinationFull', /full/],
    [400, 'EntityTooLarge', 'DestinationRefused', /larger than the store allows/],
    [400, 'KeyTooLongError', 'DestinationRefused', /1,024 bytes/],
    [400, 'NobodyKnows', 'DestinationRefused', /NobodyKnows, HTTP 400/],
    [403, 'NobodyKnows', 'DestinationDenied', /s3:PutObject/],
  ];
  test.for(table)('%i %s is %s', async ([status, name, code, says]) => {
    const double = await store();
    double.fail({ operation: 'CreateMultipartUpload', what: { kind: 'answer', status, code: name } });
    const error = await errorOf(open(double).createUpload(objectSpec(at(double)), call()));
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(says),
      details: { destinationStatus: status, storeError: name },
    });
    expect(error.message).toContain(`s3://bucket/folder/key.bin at ${new URL(double.endpoint).host}`);
    expect(JSON.stringify([error.message, error.details])).not.toContain(double.credentials.secretAccessKey);
  });

  const completions: readonly [status: number, name: string, code: ErrorCode][] = [
    [412, 'PreconditionFailed', 'DestinationExists'],
    [409, 'ConditionalRequestConflict', 'DestinationConflict'],
    [404, 'NoSuchUpload', 'UploadLost'],
    [400, 'BadDigest', 'ChecksumMismatch'],
    [400, 'XAmzContentChecksumMismatch', 'ChecksumMismatch'],
    [400, 'EntityTooSmall', 'DestinationRefused'],
    [400, 'InvalidPart', 'DestinationRefused'],
    [400, 'InvalidPartOrder', 'DestinationRefused'],
    [403, 'AccessDenied', 'DestinationDenied'],
  ];
  test.for(completions)('Complete: %i %s is %s', async ([status, name, code]) => {
    const double = await store();
    const destination = open(double);
    const { all, bytes, object, upload } = await begin(double, destination);
    for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
    const proof = await proofOf(destination, upload, object, bytes);
    double.fail({ operation: 'CompleteMultipartUpload', what: { kind: 'answer', status, code: name } });
    expect(await codeOf(destination.completeUpload(upload, proof, call()))).toBe(code);
  });

  test('HEAD, which has no words: 403 names both rights, 404 is nothing there', async () => {
    const double = await store();
    double.fail({ operation: 'HeadObject', what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    const error = await errorOf(open(double).head(at(double), call()));
    expect(error).toMatchObject({
      code: 'DestinationDenied',
      message: expect.stringMatching(/s3:GetObject .* s3:ListBucket/),
    });
  });

  test('an answer that is not S3 at all', async () => {
    const server = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Hello<br></title>');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const destination = s3Destination({
      endpoint,
      region: 'r',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const target: DestinationLocator = { kind: 's3', bucket: 'bucket', key: 'k', endpoint };
    for (const asked of [
      destination.createUpload(objectSpec(target), call()),
      destination.listParts({ target, id: 'x', token: 't' }, 0, call()),
    ]) {
      const error = await errorOf(asked);
      expect(error).toMatchObject({ code: 'DestinationRefused', message: expect.stringMatching(/not one of S3/) });
    }
    await destination[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
    await new Promise((resolve) => server.once('close', resolve));
  });

  test('a port where nobody listens, and one that speaks no TLS', async () => {
    const double = await store();
    const { host } = new URL(double.endpoint);
    const tls = s3Destination({ endpoint: `https://${host}`, region: 'us-east-1', credentials: double.credentials });
    const target = { kind: 's3', bucket: 'bucket', key: 'k', endpoint: `https://${host}` } as const;
    expect(await codeOf(tls.createUpload(objectSpec(target), call()))).toBe('DestinationTls');
    await tls[Symbol.asyncDispose]();
    const destination = open(double);
    await cleanups.shift()?.();
    const error = await errorOf(destination.createUpload(objectSpec(at(double)), call()));
    expect(error).toMatchObject({ code: 'DestinationUnreachable', message: expect.stringMatching(/ECONNREFUSED/) });
  });

  test("a certificate of a CA of one's own: refused without it, accepted with it", async () => {
    const authority = createAuthority();
    const double = await startS3Double({}, authority.issue());
    cleanups.push(async () => double[Symbol.asyncDispose]());
    double.makeBucket('bucket');
    const folder = await mkdtemp(join(tmpdir(), 'piecework-ca-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, authority.cert);
    const object = objectSpec(at(double));
    expect(await codeOf(open(double).createUpload(object, call()))).toBe('DestinationTls');
    expect(await codeOf(open(double, { caFile }).createUpload(object, call()))).toBe('no error');
    const junk = join(folder, 'junk.pem');
    await writeFile(junk, 'junk');
    for (const unusable of [join(folder, 'none.pem'), junk])
      expect(await codeOf(open(double, { caFile: unusable }).createUpload(object, call()))).toBe('InvalidOption');
  });

  test('a destination that was closed says so', async () => {
    const double = await store();
    const destination = open(double);
    await destination[Symbol.asyncDispose]();
    expect(await codeOf(destination.head(at(double), call()))).toBe('DestinationClosed');
  });
});

describe('credentials and region', () => {
  test('without credentials the error says what to do', async () => {
    const double = await store();
    const destination = s3Destination({ endpoint: double.endpoint, region: 'us-east-1' });
    const error = await errorOf(destination.createUpload(objectSpec(at(double)), call()));
    expect(error).toMatchObject({
      code: 'DestinationCredentials',
      message: expect.stringMatching(/AWS_ACCESS_KEY_ID/),
    });
    await destination[Symbol.asyncDispose]();
  });

  test('they come from the environment, or from the profile that was named', async () => {
    const double = await store();
    const folder = await mkdtemp(join(tmpdir(), 'piecework-aws-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'credentials');
    await writeFile(file, '[other]\naws_access_key_id = OTHER\naws_secret_access_key = secret\n');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
    const named = s3Destination({ endpoint: double.endpoint, region: 'us-east-1', profile: 'other' });
    await named.head(at(double), call());
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const plain = s3Destination({ endpoint: double.endpoint, region: 'us-east-1' });
    await plain.head(at(double), call());
    expect(double.log.map(({ accessKeyId }) => accessKeyId)).toEqual(['OTHER', 'ENVIRONMENT']);
    for (const destination of [named, plain]) await destination[Symbol.asyncDispose]();
  });

  test('a region that was given and is wrong: the error names the right one', async () => {
    const double = await store({ region: 'eu-central-1' });
    const destination = open(double, { region: 'us-west-2' });
    const error = await errorOf(destination.createUpload(objectSpec(at(double)), call()));
    expect(error).toMatchObject({
      code: 'DestinationWrongRegion',
      message: expect.stringMatching(/region eu-central-1/),
      details: { region: 'eu-central-1' },
    });
    expect(await codeOf(destination.check(objectSpec(at(double)), call()))).toBe('DestinationWrongRegion');
  });

  test('a region that nobody gave is asked of the bucket, once', async () => {
    const double = await store({ region: 'eu-central-1' });
    // As on AWS: no endpoint in locator and options.
    vi.stubEnv('AWS_ENDPOINT_URL_S3', double.endpoint);
    const destination = s3Destination({ credentials: double.credentials });
    const target: DestinationLocator = { kind: 's3', bucket: 'bucket', key: 'k', pathStyle: true };
    const found = await Promise.all([1, 2, 3].map(() => destination.head(target, call())));
    expect(found).toEqual([undefined, undefined, undefined]);
    expect(double.log.map(({ operation, status }) => [operation, status])).toEqual([
      ['HeadBucket', 301],
      ...Array(3).fill(['HeadObject', 404]),
    ]);
    await destination[Symbol.asyncDispose]();
  });
});

describe('check', () => {
  test('rights that writing does not need are not asked for', async () => {
    const double = await store();
    for (const operation of ['HeadBucket', 'ListMultipartUploads'])
      double.fail({ operation, what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    await open(double).check(objectSpec(at(double)), call());
    expect(double.log.map(({ operation }) => operation)).toEqual(['HeadBucket', 'ListMultipartUploads']);
  });

  test.for([
    [403, 'InvalidAccessKeyId'],
    [403, 'SignatureDoesNotMatch'],
    [400, 'ExpiredToken'],
  ] as const)('a wordless %i is asked again, so that %s is found', async ([status, code]) => {
    const double = await store();
    for (const operation of ['HeadBucket', 'ListMultipartUploads'])
      double.fail({ operation, what: { kind: 'answer', status, code } });
    expect(await codeOf(open(double).check(objectSpec(at(double)), call()))).toBe('DestinationCredentials');
  });

  const metadata = (value: Record<string, string>) => ({ metadata: value });
  const bad: readonly (readonly [name: string, settings: ObjectSpec['settings'], code: ErrorCode])[] = [
    ['metadata in another alphabet', metadata({ name: 'ü' }), 'InvalidOption'],
    ['metadata with a name that is none', metadata({ 'a b': 'x' }), 'InvalidOption'],
    ['metadata under our own name', metadata({ 'Piecework-Token': 'x' }), 'InvalidOption'],
    ['too much metadata', metadata({ a: 'x'.repeat(1100) }), 'InvalidOption'],
    ['eleven tags', { tags: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`t${i}`, ''])) }, 'InvalidOption'],
    ['a tag without a name', { tags: { '': 'x' } }, 'InvalidOption'],
    ...BAD_SETTINGS.map(([name, settings]) => [name, settings, 'InvalidOption'] as const),
    ['an ACL at a store without', { acl: 'private' }, 'DestinationUnsupported'],
    ['a KMS key at a store without', { encryption: { kind: 'kms' } }, 'DestinationUnsupported'],
  ];
  test.for(bad)('refuses %s, before anything is sent', async ([, settings, code]) => {
    const double = await store();
    const unknownSettings = code === 'InvalidOption' ? [] : (['acl', 'kms'] as const);
    const destination = open(double, { store: { unknownSettings } });
    const object = objectSpec(at(double), { settings });
    expect(await codeOf(destination.check(object, call()))).toBe(code);
    expect(await codeOf(destination.createUpload(object, call()))).toBe(code);
    expect(await codeOf(destination.putObject(object, 1, whole(Buffer.of(1)), 'none', call()))).toBe(code);
    expect(double.log).toEqual([]);
  });

  test('an object larger than the store holds', async () => {
    const double = await store();
    const destination = open(double);
    const object = objectSpec(at(double), { sizeBytes: destination.limits.maxObjectBytes + 1 });
    expect(await codeOf(destination.check(object, call()))).toBe('DestinationTooSmall');
  });

  test('a store without conditional writes refuses the condition and sends nothing', async () => {
    const double = await store();
    const destination = open(double);
    const without = open(double, { store: { features: { ...destination.features, conditionalWrite: false } } });
    const object = objectSpec(at(double));
    expect(await codeOf(without.putObject(object, 1, whole(Buffer.of(1)), 'absent', call()))).toBe(
      'DestinationUnsupported',
    );
    expect(double.log).toEqual([]);
  });
});

describe('what is known of stores', () => {
  test.for([
    [undefined, 10_000, 'AWS'],
    ['https://s3.eu-west-1.amazonaws.com', 10_000, 'AWS'],
    ['https://s3.fr-par.scw.cloud', 1000, 'Scaleway'],
    ['https://abc.r2.cloudflarestorage.com', 10_000, 'R2'],
    ['http://127.0.0.1:9000', 10_000, 'any other'],
    ['https://scw.cloud.example.org', 10_000, 'any other'],
  ] as const)('%s takes %i parts (%s)', async ([endpoint, maxPieces]) => {
    const destination = s3Destination(endpoint === undefined ? {} : { endpoint });
    expect(destination.limits.maxPieces).toBe(maxPieces);
    expect(destination.features).toMatchObject({ ordered: false, token: true });
    expect(destination.proof.kind).toBe('staging');
    await destination[Symbol.asyncDispose]();
  });
});
