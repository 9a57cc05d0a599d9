import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Destination, ObjectSpec, UploadRef } from '../../lib/destinations/destination.ts';
import { stdoutDestination } from '../../lib/destinations/stdout/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { combineParts, crc32 } from '../../lib/integrity/crc32.ts';
import type { Body } from '../../lib/values/bytes.ts';
import { call, failureOf } from '../support/reading.ts';

const WINDOW_BYTES = 300_000;

function whole(bytes: Uint8Array): Body {
  return { kind: 'whole', bytes, crc32: crc32(bytes) };
}

function spec(over: Partial<ObjectSpec> = {}): ObjectSpec {
  return { target: { kind: 'stdout' }, token: 'T.1', validator: { kind: 'none' }, settings: {}, ...over };
}

/** A reader that takes what it is given at once, or, `held`, only when it is let. */
function sink({ held = false } = {}) {
  const taken: Buffer[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      const take = () => {
        taken.push(Buffer.from(chunk));
        done();
      };
      if (held) waiting.push(take);
      else take();
    },
  });
  return { stream, bytes: () => Buffer.concat(taken), takeOne: () => waiting.shift()?.(), waiting };
}

async function begin(stream: Writable, over: Partial<ObjectSpec> = {}) {
  const destination = stdoutDestination({ stream, windowBytes: WINDOW_BYTES });
  const upload = await destination.createUpload(spec(over), call());
  return { destination, upload };
}

const SIZE = 100_000;

function send(destination: Destination, upload: UploadRef, number: number, bytes: Uint8Array, signal?: AbortSignal) {
  return destination.uploadPart(
    upload,
    { number, sizeBytes: bytes.length, offset: (number - 1) * SIZE },
    whole(bytes),
    call(signal),
  );
}

const settle = () => new Promise(setImmediate);

describe('stdout', () => {
  test('gives out the pieces in order, whatever their order of arrival, and proves them', async () => {
    const { stream, bytes } = sink();
    const { destination, upload } = await begin(stream);
    const pieces = [randomBytes(SIZE), randomBytes(SIZE), randomBytes(10)];
    await Promise.all([3, 1, 2].map((number) => send(destination, upload, number, pieces[number - 1] ?? Buffer.of())));
    const page = await destination.listParts(upload, 0, call());
    const parts = (page === 'gone' ? [] : page.parts).map((part) => ({ ...part, crc32: part.crc32 ?? 0 }));
    expect(parts.map(({ number, sizeBytes, crc32: crc }) => [number, sizeBytes, crc])).toEqual(
      pieces.map((piece, index) => [index + 1, piece.length, crc32(piece)]),
    );
    const proof = {
      parts,
      sizeBytes: 2 * SIZE + 10,
      crc32: combineParts(parts),
      condition: 'none',
      object: spec(),
    } as const;
    expect(await destination.completeUpload(upload, proof, call())).toEqual({ sizeBytes: 2 * SIZE + 10 });
    expect(bytes().equals(Buffer.concat(pieces))).toBe(true);
    expect(stream.writableEnded).toBe(false);
    expect(await destination.listParts(upload, 0, call())).toBe('gone');
  });

  test('is no longer done with a piece than its reader is', async () => {
    const { stream, bytes, takeOne, waiting } = sink({ held: true });
    const { destination, upload } = await begin(stream);
    let isDone = false;
    const piece = randomBytes(SIZE);
    const sent = send(destination, upload, 1, piece).then(() => {
      isDone = true;
    });
    while (!isDone) {
      await settle();
      // One small chunk is under way at a time, however large the piece.
      expect(waiting.length + stream.writableLength).toBeLessThanOrEqual(1 + 65_536);
      if (bytes().length < SIZE) expect(isDone).toBe(false);
      takeOne();
      await settle();
    }
    await sent;
    expect(bytes().equals(piece)).toBe(true);
  });

  test('drops a piece that comes again', async () => {
    const { stream, bytes } = sink();
    const { destination, upload } = await begin(stream);
    const [first, second] = [randomBytes(SIZE), randomBytes(SIZE)];
    const twice = await Promise.all([send(destination, upload, 1, first), send(destination, upload, 1, first)]);
    expect(twice[1]).toEqual(twice[0]);
    await send(destination, upload, 2, second);
    await send(destination, upload, 1, first);
    expect(bytes().equals(Buffer.concat([first, second]))).toBe(true);
  });

  test('lets a piece that failed before its turn come again', async () => {
    const { stream, bytes } = sink();
    const { destination, upload } = await begin(stream);
    const [first, second] = [randomBytes(SIZE), randomBytes(SIZE)];
    const stopping = new AbortController();
    const waiting = send(destination, upload, 2, second, stopping.signal);
    await settle();
    const reason = new PieceworkError('Cancelled', 'by the test');
    stopping.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await send(destination, upload, 1, first);
    await send(destination, upload, 2, second);
    expect(bytes().equals(Buffer.concat([first, second]))).toBe(true);
  });

  test('refuses a piece of which a part is out already, and shows nothing of a window that was given back', async () => {
    const { stream, bytes, takeOne, waiting } = sink({ held: true });
    const { destination, upload } = await begin(stream);
    const window = randomBytes(SIZE);
    const before = Buffer.from(window);
    const stopping = new AbortController();
    const sent = send(destination, upload, 1, window, stopping.signal);
    await settle();
    const reason = new PieceworkError('Cancelled', 'by the test');
    stopping.abort(reason);
    await expect(sent).rejects.toBe(reason);
    window.fill(0);
    while (waiting.length > 0) {
      takeOne();
      await settle();
    }
    expect(bytes().length).toBeGreaterThan(0);
    expect(bytes().equals(before.subarray(0, bytes().length))).toBe(true);
    const error = await failureOf(send(destination, upload, 1, before), 'DestinationRefused');
    expect(error.message).toContain('piece 1');
    await failureOf(destination.createUpload(spec({ token: 'T.2' }), call()), 'DestinationRefused');
  });

  test('says DestinationClosed when its reader goes away, to those who wait as well, and crashes nothing', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const { destination, upload } = await begin(stream);
    const later = failureOf(send(destination, upload, 2, randomBytes(10)), 'DestinationClosed');
    await failureOf(send(destination, upload, 1, randomBytes(SIZE)), 'DestinationClosed');
    await later;
    await failureOf(send(destination, upload, 1, randomBytes(10)), 'DestinationClosed');
    await destination[Symbol.asyncDispose]();
  });

  test('says UploadLost to those who wait when the upload is given up, and lets another one begin', async () => {
    const { stream, bytes } = sink();
    const { destination, upload } = await begin(stream);
    const waiting = failureOf(send(destination, upload, 2, randomBytes(10)), 'UploadLost');
    await settle();
    await destination.abortUpload(upload, call());
    await waiting;
    await failureOf(send(destination, upload, 1, randomBytes(10)), 'UploadLost');
    const next = await destination.createUpload(spec({ token: 'T.2' }), call());
    const piece = randomBytes(10);
    await send(destination, next, 1, piece);
    expect(bytes().equals(piece)).toBe(true);
  });

  test('takes only whole bodies that are what they say', async () => {
    const { stream, bytes } = sink();
    const { destination, upload } = await begin(stream);
    const part = { number: 1, sizeBytes: 10, offset: 0 };
    const piece = randomBytes(10);
    const windows: Body = { kind: 'windows', next: async () => piece };
    await failureOf(destination.uploadPart(upload, part, windows, call()), 'DestinationUnsupported');
    await failureOf(destination.uploadPart(upload, part, whole(randomBytes(9)), call()), 'BodyShort');
    await failureOf(destination.uploadPart(upload, part, whole(randomBytes(11)), call()), 'BodyLong');
    const wrong: Body = { kind: 'whole', bytes: piece, crc32: crc32(Buffer.from('other')) };
    await failureOf(destination.uploadPart(upload, part, wrong, call()), 'ChecksumMismatch');
    expect(bytes()).toHaveLength(0);
    await destination.uploadPart(upload, part, whole(piece), call());
    expect(bytes().equals(piece)).toBe(true);
  });

  test('is completed only with what went out', async () => {
    const { stream } = sink();
    const { destination, upload } = await begin(stream);
    const piece = randomBytes(10);
    const part = { ...(await send(destination, upload, 1, piece)), crc32: crc32(piece) };
    const proof = { parts: [part], sizeBytes: 10, crc32: crc32(piece), condition: 'none', object: spec() } as const;
    const other = { ...part, crc32: crc32(Buffer.from('other')) };
    await failureOf(destination.completeUpload(upload, { ...proof, parts: [other] }, call()), 'ChecksumMismatch');
    await failureOf(destination.completeUpload(upload, { ...proof, parts: [] }, call()), 'ChecksumMismatch');
    await failureOf(
      destination.completeUpload(upload, { ...proof, condition: 'absent' }, call()),
      'DestinationUnsupported',
    );
    await destination.completeUpload(upload, proof, call());
  });

  test('takes a single put, and after it nothing else', async () => {
    const { stream, bytes } = sink();
    const destination = stdoutDestination({ stream, windowBytes: WINDOW_BYTES });
    await failureOf(
      destination.putObject(spec(), 10, whole(randomBytes(10)), 'absent', call()),
      'DestinationUnsupported',
    );
    const object = randomBytes(70_000);
    expect(await destination.putObject(spec(), 70_000, whole(object), 'none', call())).toEqual({
      sizeBytes: 70_000,
      crc32: crc32(object),
    });
    await failureOf(
      destination.putObject(spec({ token: 'T.2' }), 10, whole(randomBytes(10)), 'none', call()),
      'DestinationRefused',
    );
    expect(bytes().equals(object)).toBe(true);
  });

  test('takes another put as long as no byte is out', async () => {
    const { stream, bytes } = sink();
    const destination = stdoutDestination({ stream, windowBytes: WINDOW_BYTES });
    await destination.putObject(spec(), 0, whole(Buffer.of()), 'none', call());
    await destination.putObject(spec({ token: 'T.2' }), 3, whole(Buffer.from('abc')), 'none', call());
    expect(bytes().toString()).toBe('abc');
  });

  test.for([
    { storageClass: 'GLACIER' },
    { encryption: { kind: 's3' } },
    { acl: 'private' },
    { tags: { a: 'b' } },
    { metadata: { a: 'b' } },
  ] as const)('knows no object settings: %j', async (settings) => {
    const { stream } = sink();
    const destination = stdoutDestination({ stream, windowBytes: WINDOW_BYTES });
    await failureOf(destination.check(spec({ settings }), call()), 'DestinationUnsupported');
    await destination.check(spec({ settings: { contentType: 'text/plain', tags: {}, metadata: {} } }), call());
  });

  test('is nothing that could be found, read back or deleted', async () => {
    const { stream } = sink();
    const { destination, upload } = await begin(stream);
    expect(await destination.head(upload.target, call())).toBeUndefined();
    expect(await destination.listUploads(upload.target, call())).toEqual([]);
    expect(destination.proof).toEqual({ kind: 'none' });
    expect(destination.releaseUpload).toBeUndefined();
  });
});
