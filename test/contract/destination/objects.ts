import { randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PieceworkError } from '../../../lib/errors/error.ts';
import type { Body } from '../../../lib/values/bytes.ts';
import type { DestinationBench } from './bench.ts';
import { call, codeOf, listAll, objectSpec, proofOf, readAll, same, whole, windows } from './bench.ts';

/** What objects do: put, stored, read back, refused. */
export function objectContract(bench: DestinationBench): void {
  const { begin, finish, place, release } = bench;

  describe('a single put', () => {
    test.for([
      ['empty', 0, 'whole'],
      ['empty', 0, 'windows'],
      ['small', 1, 'whole'],
      ['some', 100_000, 'whole'],
      ['some', 100_000, 'windows'],
    ] as const)('stores %s bytes (%i, %s)', async ([, size, kind]) => {
      const { destination } = bench.subject;
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
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
      expect((await destination.head(target, call()))?.sizeBytes).toBe(size);
      await release(object);
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });

    test.for([
      ['short', 'windows', -1, 'BodyShort'],
      ['long', 'windows', 1, 'BodyLong'],
      ['short', 'whole', -1, 'BodyShort'],
      ['long', 'whole', 1, 'BodyLong'],
    ] as const)('refuses a %s body of %s and leaves nothing', async ([, kind, by, code]) => {
      const target = place('put-length');
      const body = randomBytes(50_000 + by);
      const put = bench.subject.destination.putObject(
        objectSpec(target),
        50_000,
        kind === 'whole' ? whole(body) : windows(body, 4096),
        'none',
        call(),
      );
      expect(await codeOf(put)).toBe(code);
      expect(await bench.subject.read(target)).toBeUndefined();
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });

    test('under the condition "absent" only where nothing is', async () => {
      const { destination } = bench.subject;
      const target = place('put-absent');
      const first = randomBytes(10);
      const put = (bytes: Uint8Array) =>
        destination.putObject(objectSpec(target), bytes.length, whole(bytes), 'absent', call());
      if (!destination.features.conditionalWrite) {
        expect(await codeOf(put(first))).toBe('DestinationUnsupported');
        expect(await bench.subject.read(target)).toBeUndefined();
        return;
      }
      expect(await codeOf(put(first))).toBe('no error');
      expect(await codeOf(put(randomBytes(20)))).toBe('DestinationExists');
      expect(same(await bench.subject.read(target), first)).toBe(true);
    });

    test('of several at once under "absent" exactly one wins', async ({ skip }) => {
      const { destination } = bench.subject;
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
      expect(codes.filter((code) => !['no error', 'DestinationExists', 'DestinationConflict'].includes(code))).toEqual(
        [],
      );
      expect(same(await bench.subject.read(target), bodies[codes.indexOf('no error')] ?? Buffer.of())).toBe(true);
      await release(objects[codes.indexOf('no error')] ?? object);
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });
  });

  describe('what is stored', () => {
    test('head tells size, token and validator', async () => {
      const { destination } = bench.subject;
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
      if (bench.subject.keepsValidator !== false)
        expect([multipart?.validator, put?.validator]).toEqual([validator, validator]);
    });

    test('head of nothing is undefined', async () => {
      expect(await bench.subject.destination.head(place('nothing'), call())).toBeUndefined();
    });

    test.for([
      'a b.bin',
      'plus+sign&=.bin',
      'per%20cent.bin',
      'ünïcødé-日本.bin',
      "quote's (1)!*.bin",
      'folder/inner/deep.bin',
    ])('the name %j is kept', async (label) => {
      const { destination } = bench.subject;
      const { bytes, object, target, upload } = await begin(label);
      expect((await destination.listUploads(target, call())).map((open) => open.id)).toEqual([upload.id]);
      await finish(upload, await proofOf(destination, upload, object, bytes));
      expect(same(await bench.subject.read(target), bytes)).toBe(true);
      if (destination.proof.kind !== 'staging') return;
      await destination.proof.delete(target, call());
      expect(await bench.subject.read(target)).toBeUndefined();
    });
  });

  describe('reading back', () => {
    test('the open upload, before it is visible', async ({ skip }) => {
      const { proof } = bench.subject.destination;
      if (proof.kind !== 'upload') return skip('declared: no reading of open uploads');
      const { bytes, upload, target, destination } = await begin('read-upload', { full: 2 });
      expect(same(await readAll(await proof.read(upload, bytes.length, call())), bytes)).toBe(true);
      expect(await bench.subject.read(target)).toBeUndefined();
      await destination.abortUpload(upload, call());
    });
  });

  describe('before the start', () => {
    test('check accepts a good place and leaves no trace there', async () => {
      const target = place('check');
      await bench.subject.destination.check(objectSpec(target, { sizeBytes: 10 }), call());
      expect(await bench.subject.read(target)).toBeUndefined();
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });

    test('check refuses a bad one, saying which', async () => {
      expect(bench.subject.refused).not.toEqual([]);
      for (const { target, code } of bench.subject.refused) {
        expect([
          target,
          await codeOf(bench.subject.destination.check(objectSpec(target, { sizeBytes: 10 }), call())),
        ]).toEqual([target, code]);
      }
    });
  });

  describe('a signal', () => {
    const reason = new PieceworkError('Cancelled', 'cancelled by the test');

    test('that is already aborted stops every call with its reason', async () => {
      const { destination } = bench.subject;
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
      expect(await bench.subject.read(target)).toBeUndefined();
      await destination.abortUpload(upload, call());
    });

    test('that is aborted while a body is on its way stops it with its reason, and the part is not listed as done', async () => {
      const { destination } = bench.subject;
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
}
