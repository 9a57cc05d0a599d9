import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sequentialHasher } from '../../../lib/integrity/hasher.ts';
import type { DestinationBench } from './bench.ts';
import { call, codeOf, objectSpec, readAll, same, whole } from './bench.ts';

/** What is there is read again, and known by the digests that were kept with it, where a place can do that. */
export function readingContract(bench: DestinationBench): void {
  describe('what is there', () => {
    test('is read in order, and has the size that was said', async () => {
      const { destination } = bench.subject;
      if (destination.read === undefined) return;
      const target = bench.place('read');
      const bytes = randomBytes(100_000);
      await destination.putObject(
        objectSpec(target, { sizeBytes: bytes.length }),
        100_000,
        whole(bytes),
        'none',
        call(),
      );
      const reader = await destination.read(target, bytes.length, call());
      expect(same(await readAll(reader), bytes)).toBe(true);
      for (const [sizeBytes, code] of [
        [100_001, 'BodyShort'],
        [99_999, 'BodyLong'],
      ] as const) {
        const other = await destination.read(target, sizeBytes, call());
        expect(await codeOf(readAll(other))).toBe(code);
      }
    });

    test('keeps its digests, or says none', async () => {
      const { destination } = bench.subject;
      const target = bench.place('digests');
      const bytes = randomBytes(1000);
      const hasher = sequentialHasher(['sha256', 'md5']);
      hasher.update(bytes);
      const digests = hasher.digests();
      const object = objectSpec(target, { sizeBytes: bytes.length, digests });
      await destination.putObject(object, bytes.length, whole(bytes), 'none', call());
      expect([undefined, digests]).toContainEqual((await destination.head(target, call()))?.digests);
    });
  });
}
