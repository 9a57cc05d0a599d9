import { randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Destination, ObjectSpec, Proof, UploadRef, WriteCondition } from '../../lib/destinations/destination.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { Part } from '../../lib/transfer/plan/ledger.ts';
import type { Body, ByteReader } from '../../lib/values/bytes.ts';
import type { Call } from '../../lib/values/call.ts';
import { unwatched } from '../support/reading.ts';

/** What the suite needs to know of one destination. Made once per suite; every test uses names of its own. */
export interface Subject extends AsyncDisposable {
  readonly destination: Destination;
  /** A place for the given name: a few words, maybe with characters that need care. */
  locator(name: string): DestinationLocator;
  /** What a reader sees at a place, read behind the destination's back. `undefined` = nothing is visible. */
  read(target: DestinationLocator): Promise<Uint8Array | undefined>;
  /** What lies around for a place besides the visible object: open uploads, temporary files. Names for people. */
  leftovers(target: DestinationLocator): Promise<readonly string[]>;
  /** Of every piece but the last: small, but within `limits`. */
  readonly pieceBytes: number;
  /**
   * A second destination over the same store, as another process would have it. The first one is not used after.
   * Absent = its kind is not resumable.
   */
  reopen?(): Promise<Destination>;
  /** Places that `check` must refuse, with which code: at least one. */
  readonly refused: readonly { readonly target: DestinationLocator; readonly code: ErrorCode }[];
  /** Checksums are compared with bytes that arrived, not taken on trust. @default true */
  readonly comparesChecksums?: boolean;
  /** The source's validator is kept with the object. @default true */
  readonly keepsValidator?: boolean;
}

export function call(signal: AbortSignal = new AbortController().signal): Call {
  return { signal };
}

/** Everything about the object that a test does not care about. */
export function objectSpec(target: DestinationLocator, over: Partial<ObjectSpec> = {}): ObjectSpec {
  return {
    target,
    token: `01TESTTRANSFER.${randomBytes(8).toString('hex')}`,
    validator: { kind: 'none' },
    settings: {},
    ...over,
  };
}

export function whole(bytes: Uint8Array): Body {
  return { kind: 'whole', bytes, crc32: crc32(bytes) };
}

/**
 * Hands the bytes out in windows as a pool would: ONE buffer, spoiled and refilled at each call. Code that keeps a view
 * past the next call sends rubbish and is found out by the bytes that arrive.
 */
export function windows(bytes: Uint8Array, windowBytes: number): Body {
  const buffer = new Uint8Array(windowBytes);
  let at = 0;
  return {
    kind: 'windows',
    next: async () => {
      buffer.fill(0xee);
      // A turn of the event loop, so that a receiver that has not finished with the buffer sends what it holds now.
      await new Promise((resolve) => setImmediate(resolve));
      if (at >= bytes.length) return undefined;
      const view = buffer.subarray(0, Math.min(windowBytes, bytes.length - at));
      view.set(bytes.subarray(at, at + view.length));
      at += view.length;
      return view;
    },
  };
}

export function pieces(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) cut.push(bytes.subarray(at, at + pieceBytes));
  return cut;
}

export async function listAll(destination: Destination, upload: UploadRef): Promise<readonly Part[] | 'gone'> {
  const parts: Part[] = [];
  let after = 0;
  for (;;) {
    const page = await destination.listParts(upload, after, call());
    if (page === 'gone') return 'gone';
    parts.push(...page.parts);
    if (page.next === undefined) return parts;
    expect(page.next).toBeGreaterThan(after);
    after = page.next;
  }
}

export async function sendPart(
  destination: Destination,
  upload: UploadRef,
  all: readonly Uint8Array[],
  number: number,
  body?: Body,
): Promise<Part> {
  const bytes = all[number - 1];
  if (bytes === undefined) throw new Error(`the test has no piece ${number}`);
  const offset = all.slice(0, number - 1).reduce((sum, piece) => sum + piece.length, 0);
  return destination.uploadPart(upload, { number, sizeBytes: bytes.length, offset }, body ?? whole(bytes), call());
}

/** What the finalizer proves, from the ledger as it is. */
export async function proofOf(
  destination: Destination,
  upload: UploadRef,
  object: ObjectSpec,
  bytes: Uint8Array,
  condition: WriteCondition = 'none',
): Promise<Proof> {
  const listed = await listAll(destination, upload);
  if (listed === 'gone') throw new Error('the upload is gone');
  const parts = listed.map((part) => {
    if (part.crc32 === undefined) throw new Error(`part ${part.number} is listed without a checksum`);
    return { ...part, crc32: part.crc32 };
  });
  return { parts, sizeBytes: bytes.length, crc32: crc32(bytes), condition, object };
}

export async function codeOf(promise: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    if (error instanceof PieceworkError) return error.code;
    throw new Error('not a PieceworkError was thrown', { cause: error });
  }
}

async function readAll(reader: ByteReader): Promise<Uint8Array> {
  await using open = reader;
  const chunks: Uint8Array[] = [];
  for (;;) {
    const into = new Uint8Array(100_000);
    const count = await open.read(into);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(into.subarray(0, count));
  }
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}

/**
 * The behaviour of the port `Destination`, for every implementation. What one lacks it says in `features` or by the
 * absence of a part: then the suite holds it to the refusal instead, or skips the test.
 */
export function destinationContract(name: string, setup: () => Promise<Subject>): void {
  describe(`destination contract: ${name}`, () => {
    let subject: Subject;
    let serial = 0;

    beforeAll(async () => {
      subject = await setup();
    });
    afterAll(async () => {
      await subject?.[Symbol.asyncDispose]();
    });

    function place(label: string): DestinationLocator {
      serial += 1;
      return subject.locator(`${serial}-${label}`);
    }

    /** Random bytes for `full` whole pieces and one of `last` bytes, an upload for them, and the parts already sent. */
    async function begin(
      label: string,
      options: {
        full?: number;
        last?: number;
        send?: 'all' | 'none';
        over?: Partial<ObjectSpec>;
        at?: DestinationLocator;
      } = {},
    ) {
      const { full = 1, last = 1234, send = 'all', over = {} } = options;
      const bytes = randomBytes(full * subject.pieceBytes + last);
      const all = pieces(bytes, subject.pieceBytes);
      const { at: target = place(label) } = options;
      const object = objectSpec(target, { sizeBytes: bytes.length, pieceSizeBytes: subject.pieceBytes, ...over });
      const { destination } = subject;
      const upload = await destination.createUpload(object, call());
      if (send === 'all') for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
      return { bytes, all, target, object, upload, destination };
    }

    async function finish(upload: UploadRef, proof: Proof) {
      const stored = await subject.destination.completeUpload(upload, proof, call());
      await subject.destination.releaseUpload?.(upload, call());
      return stored;
    }

    /** As the finalizer does for a put: all that it knows is the token. */
    async function release(object: ObjectSpec): Promise<void> {
      await subject.destination.releaseUpload?.({ target: object.target, id: '', token: object.token }, call());
    }

    async function putAndRelease(target: DestinationLocator, bytes: Uint8Array): Promise<void> {
      const object = objectSpec(target, { sizeBytes: bytes.length });
      await subject.destination.putObject(object, bytes.length, whole(bytes), 'none', call());
      await release(object);
    }

    describe('an upload in pieces', () => {
      test('appears whole at completion and not before, whatever the order of the pieces', async () => {
        const { bytes, all, target, object, upload, destination } = await begin('order', { full: 2, send: 'none' });
        for (const number of [3, 1, 2]) {
          const part = await sendPart(destination, upload, all, number);
          expect(part).toMatchObject({
            number,
            sizeBytes: all[number - 1]?.length,
            crc32: crc32(all[number - 1] ?? ''),
          });
          expect(await subject.read(target)).toBeUndefined();
        }
        expect(await destination.head(target, call())).toBeUndefined();
        const stored = await finish(upload, await proofOf(destination, upload, object, bytes));
        expect(stored.sizeBytes).toBe(bytes.length);
        expect(same(await subject.read(target), bytes)).toBe(true);
        expect(await subject.leftovers(target)).toEqual([]);
      });

      test('takes pieces side by side', async () => {
        const { bytes, all, object, target, upload, destination } = await begin('parallel', { full: 3, send: 'none' });
        await Promise.all(all.map((_, index) => sendPart(destination, upload, all, index + 1)));
        await finish(upload, await proofOf(destination, upload, object, bytes));
        expect(same(await subject.read(target), bytes)).toBe(true);
      });

      test.for([1000, 4096, 65_536, 1_000_003])(
        'takes a piece as windows of %i bytes that are reused at each call',
        async (windowBytes) => {
          const { bytes, all, object, target, upload, destination } = await begin('windows', { send: 'none' });
          for (const [index, piece] of all.entries()) {
            const part = await sendPart(destination, upload, all, index + 1, windows(piece, windowBytes));
            expect(part).toMatchObject({ number: index + 1, sizeBytes: piece.length, crc32: crc32(piece) });
          }
          await finish(upload, await proofOf(destination, upload, object, bytes));
          expect(same(await subject.read(target), bytes)).toBe(true);
        },
      );

      test('lists the parts with number, size and checksum, those above a number, ascending', async () => {
        const { all, upload, destination } = await begin('ledger', { full: 3, send: 'none' });
        for (const number of [4, 2, 1]) await sendPart(destination, upload, all, number);
        const listed = await listAll(destination, upload);
        const seen = listed === 'gone' ? [] : listed.map((part) => [part.number, part.sizeBytes, part.crc32]);
        expect(seen).toEqual(
          [1, 2, 4].map((number) => [number, all[number - 1]?.length, crc32(all[number - 1] ?? '')]),
        );
        const page = await destination.listParts(upload, 2, call());
        expect(page === 'gone' ? page : page.parts.map((part) => part.number)).toEqual([4]);
        await destination.abortUpload(upload, call());
      });

      test('lists nothing for a new upload', async () => {
        const { upload, destination } = await begin('empty-ledger', { send: 'none' });
        expect(await listAll(destination, upload)).toEqual([]);
        await destination.abortUpload(upload, call());
      });

      test('keeps the last upload of a number', async () => {
        const { bytes, all, object, target, upload, destination } = await begin('twice', { send: 'none' });
        const wrong = randomBytes(all[0]?.length ?? 0);
        await sendPart(destination, upload, [wrong, ...all.slice(1)], 1);
        for (const number of [1, 2]) await sendPart(destination, upload, all, number);
        await finish(upload, await proofOf(destination, upload, object, bytes));
        expect(same(await subject.read(target), bytes)).toBe(true);
      });

      test.for([
        ['short', 'windows', -1],
        ['long', 'windows', 1],
        ['short', 'whole', -1],
        ['long', 'whole', 1],
      ] as const)('refuses a %s body of %s and does not list it as done', async ([, kind, by]) => {
        const { all, upload, destination } = await begin('length', { send: 'none' });
        const size = all[0]?.length ?? 0;
        const body = randomBytes(size + by);
        const sent = destination.uploadPart(
          upload,
          { number: 1, sizeBytes: size, offset: 0 },
          kind === 'whole' ? whole(body) : windows(body, 65_536),
          call(),
        );
        expect(await codeOf(sent)).toBe(by < 0 ? 'BodyShort' : 'BodyLong');
        const listed = await listAll(destination, upload);
        expect(
          listed === 'gone' ? listed : listed.filter((part) => part.sizeBytes === size && part.crc32 !== undefined),
        ).toEqual([]);
        await destination.abortUpload(upload, call());
      });

      test('passes on what a body throws, and does not list it as done', async () => {
        const { all, upload, destination } = await begin('thrown', { send: 'none' });
        const size = all[0]?.length ?? 0;
        let left = 2;
        const body: Body = {
          kind: 'windows',
          next: async () => {
            left -= 1;
            if (left < 0) throw new PieceworkError('SourceReset', 'the source broke off');
            return randomBytes(Math.floor(size / 4));
          },
        };
        expect(
          await codeOf(destination.uploadPart(upload, { number: 1, sizeBytes: size, offset: 0 }, body, call())),
        ).toBe('SourceReset');
        const listed = await listAll(destination, upload);
        expect(
          listed === 'gone' ? listed : listed.filter((part) => part.crc32 !== undefined && part.sizeBytes === size),
        ).toEqual([]);
        await destination.abortUpload(upload, call());
      });

      test('is refused a body whose bytes are not those of its checksum', async ({ skip }) => {
        if (subject.comparesChecksums === false) skip('declared: takes checksums on trust');
        const { all, upload, destination } = await begin('checksum', { send: 'none' });
        const body: Body = { kind: 'whole', bytes: all[0] ?? new Uint8Array(), crc32: crc32('other bytes') };
        expect(await codeOf(sendPart(destination, upload, all, 1, body))).toBe('ChecksumMismatch');
        expect(await listAll(destination, upload)).toEqual([]);
        await destination.abortUpload(upload, call());
      });
    });

    describe('completion', () => {
      test('is refused for a wrong checksum of the whole, and nothing is visible', async ({ skip }) => {
        if (subject.comparesChecksums === false) skip('declared: takes checksums on trust');
        const { bytes, object, target, upload, destination } = await begin('proof');
        const proof = await proofOf(destination, upload, object, bytes);
        const wrong = destination.completeUpload(upload, { ...proof, crc32: crc32('other bytes') }, call());
        expect(await codeOf(wrong)).toBe('ChecksumMismatch');
        expect(await subject.read(target)).toBeUndefined();
        await destination.abortUpload(upload, call());
      });

      test('replaces what is there', async () => {
        const { bytes, object, target, upload, destination } = await begin('replace');
        const before = randomBytes(77);
        await putAndRelease(target, before);
        expect(same(await subject.read(target), before)).toBe(true);
        await finish(upload, await proofOf(destination, upload, object, bytes));
        expect(same(await subject.read(target), bytes)).toBe(true);
        expect(await subject.leftovers(target)).toEqual([]);
      });

      test('under the condition "absent" leaves alone what is there', async () => {
        const { bytes, object, target, upload, destination } = await begin('absent');
        const before = randomBytes(77);
        await putAndRelease(target, before);
        const refused = destination.completeUpload(
          upload,
          await proofOf(destination, upload, object, bytes, 'absent'),
          call(),
        );
        expect(await codeOf(refused)).toBe(
          destination.features.conditionalWrite ? 'DestinationExists' : 'DestinationUnsupported',
        );
        expect(same(await subject.read(target), before)).toBe(true);
        await destination.abortUpload(upload, call());
        expect(await subject.leftovers(target)).toEqual([]);
      });

      test('under the condition "absent" succeeds where nothing is', async ({ skip }) => {
        if (!subject.destination.features.conditionalWrite) skip('declared: no conditional writes');
        const { bytes, object, target, upload, destination } = await begin('absent-new');
        await finish(upload, await proofOf(destination, upload, object, bytes, 'absent'));
        expect(same(await subject.read(target), bytes)).toBe(true);
      });

      test('a second time succeeds or says UploadLost; the object is ours either way', async () => {
        const { bytes, object, target, upload, destination } = await begin('again');
        const proof = await proofOf(destination, upload, object, bytes);
        await destination.completeUpload(upload, proof, call());
        expect(['no error', 'UploadLost']).toContain(await codeOf(destination.completeUpload(upload, proof, call())));
        expect(same(await subject.read(target), bytes)).toBe(true);
        if (destination.features.token) expect((await destination.head(target, call()))?.token).toBe(object.token);
        await destination.releaseUpload?.(upload, call());
        expect(await subject.leftovers(target)).toEqual([]);
      });
    });

    describe('the end of an upload', () => {
      test('abort leaves nothing, and is no error the second time', async () => {
        const { target, upload, destination } = await begin('abort');
        expect(await subject.leftovers(target)).not.toEqual([]);
        await destination.abortUpload(upload, call());
        await destination.abortUpload(upload, call());
        expect(await subject.read(target)).toBeUndefined();
        expect(await subject.leftovers(target)).toEqual([]);
      });

      test('after it the ledger is gone, and parts and completion are refused as UploadLost', async () => {
        const { all, bytes, object, target, upload, destination } = await begin('gone');
        const proof = await proofOf(destination, upload, object, bytes);
        await destination.abortUpload(upload, call());
        expect(await listAll(destination, upload)).toBe('gone');
        expect(await codeOf(sendPart(destination, upload, all, 1))).toBe('UploadLost');
        expect(await codeOf(sendPart(destination, upload, all, 1, windows(all[0] ?? new Uint8Array(), 65_536)))).toBe(
          'UploadLost',
        );
        expect(await codeOf(destination.completeUpload(upload, proof, call()))).toBe('UploadLost');
        expect(await subject.read(target)).toBeUndefined();
        expect(await subject.leftovers(target)).toEqual([]);
      });

      test('open uploads are found by their exact target', async () => {
        serial += 1;
        const { target, upload, destination } = await begin('open', { at: subject.locator(`${serial}-open`) });
        const longer = subject.locator(`${serial}-open.more`);
        const neighbour = await destination.createUpload(
          objectSpec(longer, { sizeBytes: 9, pieceSizeBytes: subject.pieceBytes }),
          call(),
        );
        expect((await destination.listUploads(target, call())).map((open) => open.id)).toEqual([upload.id]);
        await destination.abortUpload(upload, call());
        await destination.abortUpload(neighbour, call());
        expect(await destination.listUploads(target, call())).toEqual([]);
      });

      test('another process goes on where the first one stopped', async ({ skip }) => {
        if (subject.reopen === undefined) skip('declared: not resumable');
        const { all, bytes, object, target, upload, destination } = await begin('resume', { full: 2, send: 'none' });
        for (const number of [1, 3]) await sendPart(destination, upload, all, number);
        const other = await subject.reopen?.();
        if (other === undefined) throw new Error('no second destination');
        const ref = JSON.parse(JSON.stringify(upload)) as UploadRef;
        const listed = await listAll(other, ref);
        expect(listed === 'gone' ? listed : listed.map((part) => part.number)).toEqual([1, 3]);
        await sendPart(other, ref, all, 2);
        await other.completeUpload(ref, await proofOf(other, ref, object, bytes), call());
        await other.releaseUpload?.(ref, call());
        expect(same(await subject.read(target), bytes)).toBe(true);
        expect(await subject.leftovers(target)).toEqual([]);
        await other[Symbol.asyncDispose]();
      });
    });

    describe('a single put', () => {
      test.for([
        ['empty', 0, 'whole'],
        ['empty', 0, 'windows'],
        ['small', 1, 'whole'],
        ['some', 100_000, 'whole'],
        ['some', 100_000, 'windows'],
      ] as const)('stores %s bytes (%i, %s)', async ([, size, kind]) => {
        const { destination } = subject;
        const target = place('put');
        const bytes = randomBytes(size);
        const object = objectSpec(target, { sizeBytes: size });
        const stored = await destination.putObject(
          object,
          size,
          kind === 'whole' ? whole(bytes) : windows(bytes, 4096),
          'none',
          call(),
        );
        expect(stored).toMatchObject({ sizeBytes: size, crc32: crc32(bytes) });
        expect(same(await subject.read(target), bytes)).toBe(true);
        expect((await destination.head(target, call()))?.sizeBytes).toBe(size);
        await release(object);
        expect(await subject.leftovers(target)).toEqual([]);
      });

      test.for([
        ['short', 'windows', -1, 'BodyShort'],
        ['long', 'windows', 1, 'BodyLong'],
        ['short', 'whole', -1, 'BodyShort'],
        ['long', 'whole', 1, 'BodyLong'],
      ] as const)('refuses a %s body of %s and leaves nothing', async ([, kind, by, code]) => {
        const target = place('put-length');
        const body = randomBytes(50_000 + by);
        const put = subject.destination.putObject(
          objectSpec(target),
          50_000,
          kind === 'whole' ? whole(body) : windows(body, 4096),
          'none',
          call(),
        );
        expect(await codeOf(put)).toBe(code);
        expect(await subject.read(target)).toBeUndefined();
        expect(await subject.leftovers(target)).toEqual([]);
      });

      test('under the condition "absent" only where nothing is', async () => {
        const { destination } = subject;
        const target = place('put-absent');
        const first = randomBytes(10);
        const put = (bytes: Uint8Array) =>
          destination.putObject(objectSpec(target), bytes.length, whole(bytes), 'absent', call());
        if (!destination.features.conditionalWrite) {
          expect(await codeOf(put(first))).toBe('DestinationUnsupported');
          expect(await subject.read(target)).toBeUndefined();
          return;
        }
        expect(await codeOf(put(first))).toBe('no error');
        expect(await codeOf(put(randomBytes(20)))).toBe('DestinationExists');
        expect(same(await subject.read(target), first)).toBe(true);
      });

      test('of several at once under "absent" exactly one wins', async ({ skip }) => {
        const { destination } = subject;
        if (!destination.features.conditionalWrite) skip('declared: no conditional writes');
        const target = place('race');
        const bodies = Array.from({ length: 8 }, () => randomBytes(randomInt(10, 5000)));
        const object = objectSpec(target);
        const objects = bodies.map((_, index) => ({ ...object, token: `${object.token}${index}` }));
        const codes = await Promise.all(
          bodies.map((bytes, index) =>
            codeOf(destination.putObject(objects[index] ?? object, bytes.length, whole(bytes), 'absent', call())),
          ),
        );
        expect(codes.filter((code) => code === 'no error')).toHaveLength(1);
        expect(
          codes.filter((code) => !['no error', 'DestinationExists', 'DestinationConflict'].includes(code)),
        ).toEqual([]);
        expect(same(await subject.read(target), bodies[codes.indexOf('no error')] ?? Buffer.of())).toBe(true);
        await release(objects[codes.indexOf('no error')] ?? object);
        expect(await subject.leftovers(target)).toEqual([]);
      });
    });

    describe('what is stored', () => {
      test('head tells size, token and validator', async () => {
        const { destination } = subject;
        const validator = {
          kind: 'strong',
          etag: '"a\\"b ü€ = ; %41"',
          lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT',
        } as const;
        const { bytes, object, target, upload } = await begin('head', { over: { validator } });
        // Before it is released: a destination may keep the token only until then.
        await destination.completeUpload(upload, await proofOf(destination, upload, object, bytes), call());
        const multipart = await destination.head(target, call());
        await destination.releaseUpload?.(upload, call());
        const single = objectSpec(place('head-put'), { validator });
        await destination.putObject(single, 5, whole(bytes.subarray(0, 5)), 'none', call());
        const put = await destination.head(single.target, call());
        expect([multipart?.sizeBytes, put?.sizeBytes]).toEqual([bytes.length, 5]);
        if (destination.features.token) expect([multipart?.token, put?.token]).toEqual([object.token, single.token]);
        if (subject.keepsValidator !== false)
          expect([multipart?.validator, put?.validator]).toEqual([validator, validator]);
      });

      test('head of nothing is undefined', async () => {
        expect(await subject.destination.head(place('nothing'), call())).toBeUndefined();
      });

      test.for([
        'a b.bin',
        'plus+sign&=.bin',
        'per%20cent.bin',
        'ünïcødé-日本.bin',
        "quote's (1)!*.bin",
        'folder/inner/deep.bin',
      ])('the name %j is kept', async (label) => {
        const { destination } = subject;
        const { bytes, object, target, upload } = await begin(label);
        expect((await destination.listUploads(target, call())).map((open) => open.id)).toEqual([upload.id]);
        await finish(upload, await proofOf(destination, upload, object, bytes));
        expect(same(await subject.read(target), bytes)).toBe(true);
        if (destination.proof.kind !== 'staging') return;
        await destination.proof.delete(target, call());
        expect(await subject.read(target)).toBeUndefined();
      });
    });

    describe('reading back', () => {
      test('the open upload, before it is visible', async ({ skip }) => {
        const { proof } = subject.destination;
        if (proof.kind !== 'upload') return skip('declared: no reading of open uploads');
        const { bytes, upload, target, destination } = await begin('read-upload', { full: 2 });
        expect(same(await readAll(await proof.read(upload, bytes.length, call())), bytes)).toBe(true);
        expect(await subject.read(target)).toBeUndefined();
        await destination.abortUpload(upload, call());
      });

      test('a staged object, then promoting it onto its key under the condition', async ({ skip }) => {
        const { proof } = subject.destination;
        if (proof.kind !== 'staging') return skip('declared: no staged objects');
        const { bytes, object, target, upload, destination } = await begin('staged', {
          full: 2,
          over: { validator: { kind: 'weak', etag: 'W/"1"' } },
        });
        await finish(upload, await proofOf(destination, upload, object, bytes));
        expect(same(await readAll(await proof.read(target, bytes.length, call())), bytes)).toBe(true);
        const final = objectSpec(place('promoted'), { sizeBytes: bytes.length, validator: object.validator });
        const condition = destination.features.conditionalWrite ? 'absent' : 'none';
        const stored = await proof.promote(target, final, bytes.length, condition, unwatched, call());
        expect(stored.sizeBytes).toBe(bytes.length);
        expect(same(await subject.read(final.target), bytes)).toBe(true);
        expect(await destination.head(final.target, call())).toMatchObject({
          token: final.token,
          validator: object.validator,
        });
        if (condition === 'absent')
          expect(await codeOf(proof.promote(target, final, bytes.length, 'absent', unwatched, call()))).toBe(
            'DestinationExists',
          );
        await proof.delete(target, call());
        expect(await destination.head(target, call())).toBeUndefined();
      });

      test('a staging place is the same for the same transfer, another for each, and can be emptied twice', async ({
        skip,
      }) => {
        const { destination } = subject;
        const { proof } = destination;
        if (proof.kind !== 'staging') return skip('declared: no staged objects');
        const target = place('delete');
        const staged = proof.locate(target, '01TRANSFER');
        expect(proof.locate(target, '01TRANSFER')).toEqual(staged);
        expect(proof.locate(target, '01OTHER')).not.toEqual(staged);
        expect(staged).not.toEqual(target);
        await putAndRelease(staged, randomBytes(3));
        expect(await subject.read(target)).toBeUndefined();
        await proof.delete(staged, call());
        await proof.delete(staged, call());
        expect(await destination.head(staged, call())).toBeUndefined();
      });

      test('an object that is longer or shorter than promised throws instead of ending', async ({ skip }) => {
        const { destination } = subject;
        const { proof } = destination;
        if (proof.kind !== 'staging') return skip('declared: no reading of finished objects');
        const target = place('read-length');
        await destination.putObject(objectSpec(target), 1000, whole(randomBytes(1000)), 'none', call());
        expect(await codeOf(proof.read(target, 1001, call()).then(readAll))).toBe('BodyShort');
        expect(await codeOf(proof.read(target, 999, call()).then(readAll))).toBe('BodyLong');
      });
    });

    describe('before the start', () => {
      test('check accepts a good place and leaves no trace there', async () => {
        const target = place('check');
        await subject.destination.check(objectSpec(target, { sizeBytes: 10 }), call());
        expect(await subject.read(target)).toBeUndefined();
        expect(await subject.leftovers(target)).toEqual([]);
      });

      test('check refuses a bad one, saying which', async () => {
        expect(subject.refused).not.toEqual([]);
        for (const { target, code } of subject.refused) {
          expect([
            target,
            await codeOf(subject.destination.check(objectSpec(target, { sizeBytes: 10 }), call())),
          ]).toEqual([target, code]);
        }
      });
    });

    describe('a signal', () => {
      const reason = new PieceworkError('Cancelled', 'cancelled by the test');

      test('that is already aborted stops every call with its reason', async () => {
        const { destination } = subject;
        const { bytes, object, target, upload, all } = await begin('aborted');
        const proof = await proofOf(destination, upload, object, bytes);
        const stopped = call(AbortSignal.abort(reason));
        const size = all[0]?.length ?? 0;
        const calls: Record<string, () => Promise<unknown>> = {
          head: () => destination.head(target, stopped),
          putObject: () => destination.putObject(objectSpec(target), 5, whole(randomBytes(5)), 'none', stopped),
          createUpload: () => destination.createUpload(objectSpec(place('never'), { sizeBytes: 5 }), stopped),
          uploadPart: () =>
            destination.uploadPart(
              upload,
              { number: 1, sizeBytes: size, offset: 0 },
              whole(all[0] ?? new Uint8Array()),
              stopped,
            ),
          listParts: () => destination.listParts(upload, 0, stopped),
          completeUpload: () => destination.completeUpload(upload, proof, stopped),
        };
        for (const [name, made] of Object.entries(calls)) {
          await expect(made(), name).rejects.toBe(reason);
        }
        expect(await subject.read(target)).toBeUndefined();
        await destination.abortUpload(upload, call());
      });

      test('that is aborted while a body is on its way stops it with its reason, and the part is not listed as done', async () => {
        const { destination } = subject;
        const { all, upload } = await begin('midway', { send: 'none' });
        const size = all[0]?.length ?? 0;
        const controller = new AbortController();
        let calls = 0;
        const body: Body = {
          kind: 'windows',
          next: async () => {
            calls += 1;
            if (calls === 2) controller.abort(reason);
            // The third window never comes: only the signal can end this.
            if (calls >= 3) return new Promise(() => {});
            return randomBytes(Math.floor(size / 4));
          },
        };
        const sent = destination.uploadPart(
          upload,
          { number: 1, sizeBytes: size, offset: 0 },
          body,
          call(controller.signal),
        );
        await expect(sent).rejects.toBe(reason);
        const listed = await listAll(destination, upload);
        expect(
          listed === 'gone' ? listed : listed.filter((part) => part.crc32 !== undefined && part.sizeBytes === size),
        ).toEqual([]);
        await destination.abortUpload(upload, call());
      });
    });
  });
}
