import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { UploadRef } from '../../lib/destinations/destination.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { Body } from '../../lib/values/bytes.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { at, begin, errorOf, open, PIECE, requests, store, waited } from '../support/s3-destination-bench.ts';
import { call, codeOf, listAll, objectSpec, proofOf, sendPart, whole, windows } from './destination/bench.ts';

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
    });
    const endpoint = `http://127.0.0.1:${await listenOnLoopback(server)}`;
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
