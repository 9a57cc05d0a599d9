import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { UploadRef } from '../../../lib/destinations/destination.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import type { Body } from '../../../lib/values/bytes.ts';
import type { DestinationBench } from './bench.ts';
import { call, codeOf, listAll, objectSpec, proofOf, same, sendPart, whole, windows } from './bench.ts';

/** What an upload in pieces does, from its creation to its end. */
export function uploadContract(bench: DestinationBench): void {
  const { begin, finish, neighbours, putAndRelease } = bench;

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
        expect(await bench.subject.read(target)).toBeUndefined();
      }
      expect(await destination.head(target, call())).toBeUndefined();
      const stored = await finish(upload, await proofOf(destination, upload, object, bytes));
      expect(stored.sizeBytes).toBe(bytes.length);
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });

    test('takes pieces side by side', async () => {
      const { bytes, all, object, target, upload, destination } = await begin('parallel', { full: 3, send: 'none' });
      await Promise.all(all.map((_, index) => sendPart(destination, upload, all, index + 1)));
      await finish(upload, await proofOf(destination, upload, object, bytes));
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
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
        expect(same(await bench.subject.read(target), bytes)).toBe(true);
      },
    );

    test('lists the parts with number, size and checksum, those above a number, ascending', async () => {
      const { all, upload, destination } = await begin('ledger', { full: 3, send: 'none' });
      for (const number of [4, 2, 1]) await sendPart(destination, upload, all, number);
      const listed = await listAll(destination, upload);
      const seen = listed === 'gone' ? [] : listed.map((part) => [part.number, part.sizeBytes, part.crc32]);
      expect(seen).toEqual([1, 2, 4].map((number) => [number, all[number - 1]?.length, crc32(all[number - 1] ?? '')]));
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
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
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
      if (bench.subject.comparesChecksums === false) skip('declared: takes checksums on trust');
      const { all, upload, destination } = await begin('checksum', { send: 'none' });
      const body: Body = { kind: 'whole', bytes: all[0] ?? new Uint8Array(), crc32: crc32('other bytes') };
      expect(await codeOf(sendPart(destination, upload, all, 1, body))).toBe('ChecksumMismatch');
      expect(await listAll(destination, upload)).toEqual([]);
      await destination.abortUpload(upload, call());
    });
  });

  describe('completion', () => {
    test('is refused for a wrong checksum of the whole, and nothing is visible', async ({ skip }) => {
      if (bench.subject.comparesChecksums === false) skip('declared: takes checksums on trust');
      const { bytes, object, target, upload, destination } = await begin('proof');
      const proof = await proofOf(destination, upload, object, bytes);
      const wrong = destination.completeUpload(upload, { ...proof, crc32: crc32('other bytes') }, call());
      expect(await codeOf(wrong)).toBe('ChecksumMismatch');
      expect(await bench.subject.read(target)).toBeUndefined();
      await destination.abortUpload(upload, call());
    });

    test('replaces what is there', async () => {
      const { bytes, object, target, upload, destination } = await begin('replace');
      const before = randomBytes(77);
      await putAndRelease(target, before);
      expect(same(await bench.subject.read(target), before)).toBe(true);
      await finish(upload, await proofOf(destination, upload, object, bytes));
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
      expect(await bench.subject.leftovers(target)).toEqual([]);
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
      expect(same(await bench.subject.read(target), before)).toBe(true);
      await destination.abortUpload(upload, call());
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });

    test('under the condition "absent" succeeds where nothing is', async ({ skip }) => {
      if (!bench.subject.destination.features.conditionalWrite) skip('declared: no conditional writes');
      const { bytes, object, target, upload, destination } = await begin('absent-new');
      await finish(upload, await proofOf(destination, upload, object, bytes, 'absent'));
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
    });

    test('a second time succeeds or says UploadLost; the object is ours either way', async () => {
      const { bytes, object, target, upload, destination } = await begin('again');
      const proof = await proofOf(destination, upload, object, bytes);
      await destination.completeUpload(upload, proof, call());
      expect(['no error', 'UploadLost']).toContain(await codeOf(destination.completeUpload(upload, proof, call())));
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
      if (destination.features.token) expect((await destination.head(target, call()))?.token).toBe(object.token);
      await destination.releaseUpload?.(upload, call());
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });
  });

  describe('the end of an upload', () => {
    test('abort leaves nothing, and is no error the second time', async () => {
      const { target, upload, destination } = await begin('abort');
      expect(await bench.subject.leftovers(target)).not.toEqual([]);
      await destination.abortUpload(upload, call());
      await destination.abortUpload(upload, call());
      expect(await bench.subject.read(target)).toBeUndefined();
      expect(await bench.subject.leftovers(target)).toEqual([]);
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
      expect(await bench.subject.read(target)).toBeUndefined();
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });

    test('open uploads are found by their exact target', async () => {
      const [at, longer] = neighbours('open', '.more');
      const { target, upload, destination } = await begin('open', { at });
      const neighbour = await destination.createUpload(
        objectSpec(longer, { sizeBytes: 9, pieceSizeBytes: bench.subject.pieceBytes }),
        call(),
      );
      expect((await destination.listUploads(target, call())).map((open) => open.id)).toEqual([upload.id]);
      await destination.abortUpload(upload, call());
      await destination.abortUpload(neighbour, call());
      expect(await destination.listUploads(target, call())).toEqual([]);
    });

    test('another process goes on where the first one stopped', async ({ skip }) => {
      if (bench.subject.reopen === undefined) skip('declared: not resumable');
      const { all, bytes, object, target, upload, destination } = await begin('resume', { full: 2, send: 'none' });
      for (const number of [1, 3]) await sendPart(destination, upload, all, number);
      const other = await bench.subject.reopen?.();
      if (other === undefined) throw new Error('no second destination');
      const ref = JSON.parse(JSON.stringify(upload)) as UploadRef;
      const listed = await listAll(other, ref);
      expect(listed === 'gone' ? listed : listed.map((part) => part.number)).toEqual([1, 3]);
      await sendPart(other, ref, all, 2);
      await other.completeUpload(ref, await proofOf(other, ref, object, bytes), call());
      await other.releaseUpload?.(ref, call());
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
      expect(await bench.subject.leftovers(target)).toEqual([]);
      await other[Symbol.asyncDispose]();
    });
  });
}
