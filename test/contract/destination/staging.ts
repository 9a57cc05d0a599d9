import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { unwatched } from '../../support/reading.ts';
import type { DestinationBench } from './bench.ts';
import { call, codeOf, objectSpec, proofOf, readAll, same, whole } from './bench.ts';

/** What staged objects do: read, promoted, deleted; and what becomes of them when another program writes there. */
export function stagingContract(bench: DestinationBench): void {
  const { begin, finish, place, putAndRelease } = bench;

  describe('a staged object', () => {
    test('a staged object, then promoting it onto its key under the condition', async ({ skip }) => {
      const { proof } = bench.subject.destination;
      if (proof.kind !== 'staging') return skip('declared: no staged objects');
      const { bytes, object, target, upload, destination } = await begin('staged', {
        full: 2,
        over: { validator: { kind: 'weak', etag: 'W/"1"' } },
      });
      await finish(upload, await proofOf(destination, upload, object, bytes));
      const reader = await proof.read(upload, bytes.length, call());
      const { staged } = reader;
      expect(same(await readAll(reader), bytes)).toBe(true);
      const final = objectSpec(place('promoted'), { sizeBytes: bytes.length, validator: object.validator });
      const condition = destination.features.conditionalWrite ? 'absent' : 'none';
      const stored = await proof.promote(staged, final, condition, unwatched, call());
      expect(stored.sizeBytes).toBe(bytes.length);
      expect(same(await bench.subject.read(final.target), bytes)).toBe(true);
      expect(await destination.head(final.target, call())).toMatchObject({
        token: final.token,
        validator: object.validator,
      });
      if (condition === 'absent')
        expect(await codeOf(proof.promote(staged, final, 'absent', unwatched, call()))).toBe('DestinationExists');
      await proof.delete(target, call());
      expect(await destination.head(target, call())).toBeUndefined();
    });

    describe.each(['none', 'absent'] as const)('under the condition %s', (condition) => {
      test('what was written over a staged object since it was read is not promoted', async ({ skip }) => {
        const { destination } = bench.subject;
        const { proof } = destination;
        if (proof.kind !== 'staging') return skip('declared: no staged objects');
        if (condition === 'absent' && !destination.features.conditionalWrite) return skip('declared: no conditions');
        const { target, token } = objectSpec(place('overwritten'));
        await destination.putObject(objectSpec(target, { token }), 1000, whole(randomBytes(1000)), 'none', call());
        const reader = await proof.read({ target, id: '', token }, 1000, call());
        const { staged } = reader;
        await readAll(reader);
        // With our own token: its metadata alone does not show that it is another object.
        const other = randomBytes(1000);
        await destination.putObject(objectSpec(target, { token }), 1000, whole(other), 'none', call());
        const final = objectSpec(place('not-promoted'), { sizeBytes: 1000 });
        expect(await codeOf(proof.promote(staged, final, condition, unwatched, call()))).toBe('StagedObjectChanged');
        expect(await bench.subject.read(final.target)).toBeUndefined();
        expect(await bench.subject.leftovers(final.target)).toEqual([]);
        expect(same(await bench.subject.read(target), other)).toBe(true);
      });

      test('a staged object that was deleted since it was read is not promoted', async ({ skip }) => {
        const { destination } = bench.subject;
        const { proof } = destination;
        if (proof.kind !== 'staging') return skip('declared: no staged objects');
        if (condition === 'absent' && !destination.features.conditionalWrite) return skip('declared: no conditions');
        const { target, token } = objectSpec(place('deleted'));
        await destination.putObject(objectSpec(target, { token }), 1000, whole(randomBytes(1000)), 'none', call());
        const reader = await proof.read({ target, id: '', token }, 1000, call());
        const { staged } = reader;
        await readAll(reader);
        await proof.delete(target, call());
        const final = objectSpec(place('not-promoted'), { sizeBytes: 1000 });
        expect(await codeOf(proof.promote(staged, final, condition, unwatched, call()))).toBe('UploadLost');
        expect(await bench.subject.read(final.target)).toBeUndefined();
        expect(await bench.subject.leftovers(final.target)).toEqual([]);
      });
    });

    test('an object of another token is not read as the staged one', async ({ skip }) => {
      const { destination } = bench.subject;
      const { proof } = destination;
      if (proof.kind !== 'staging') return skip('declared: no staged objects');
      const { target, token } = objectSpec(place('foreign'));
      await destination.putObject(objectSpec(target), 1000, whole(randomBytes(1000)), 'none', call());
      expect(await codeOf(proof.read({ target, id: '', token }, 1000, call()))).toBe('StagedObjectChanged');
    });

    test('a staging place is the same for the same transfer, another for each, and can be emptied twice', async ({
      skip,
    }) => {
      const { destination } = bench.subject;
      const { proof } = destination;
      if (proof.kind !== 'staging') return skip('declared: no staged objects');
      const target = place('delete');
      const staged = proof.locate(target, '01TRANSFER');
      expect(proof.locate(target, '01TRANSFER')).toEqual(staged);
      expect(proof.locate(target, '01OTHER')).not.toEqual(staged);
      expect(staged).not.toEqual(target);
      await putAndRelease(staged, randomBytes(3));
      expect(await bench.subject.read(target)).toBeUndefined();
      await proof.delete(staged, call());
      await proof.delete(staged, call());
      expect(await destination.head(staged, call())).toBeUndefined();
    });

    test('an object that is longer or shorter than promised throws instead of ending', async ({ skip }) => {
      const { destination } = bench.subject;
      const { proof } = destination;
      if (proof.kind !== 'staging') return skip('declared: no reading of finished objects');
      const { target, token } = objectSpec(place('read-length'));
      const upload = { target, id: '', token };
      await destination.putObject(objectSpec(target, { token }), 1000, whole(randomBytes(1000)), 'none', call());
      expect(await codeOf(proof.read(upload, 1001, call()).then(readAll))).toBe('BodyShort');
      expect(await codeOf(proof.read(upload, 999, call()).then(readAll))).toBe('BodyLong');
    });
  });
}
