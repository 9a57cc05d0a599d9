import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { DestinationBench } from './bench.ts';
import { call, codeOf, objectSpec, same, whole } from './bench.ts';

/** What puts of small objects in large numbers do, where the destination has a way of its own for them. */
export function smallPutContract(bench: DestinationBench): void {
  const { place } = bench;

  describe('small puts, many at a time', () => {
    test('store each whole, with its checksum, and leave nothing beside it', async ({ skip }) => {
      const { destination } = bench.subject;
      skip(destination.putSmall === undefined, 'a single put costs no more there');
      const all = Array.from({ length: 40 }, (_, index) => ({
        target: place('small'),
        bytes: randomBytes(index * 97),
      }));
      const stored = await Promise.all(
        all.map(({ target, bytes }) => destination.putSmall?.(objectSpec(target), whole(bytes), 'none', call())),
      );
      for (const [index, { target, bytes }] of all.entries()) {
        expect(stored[index]).toMatchObject({ sizeBytes: bytes.length, crc32: crc32(bytes) });
        expect(same(await bench.subject.read(target), bytes)).toBe(true);
        expect(await bench.subject.leftovers(target)).toEqual([]);
      }
    });

    test('replace what is there, or under "absent" leave it alone', async ({ skip }) => {
      const { destination } = bench.subject;
      skip(destination.putSmall === undefined, 'a single put costs no more there');
      const target = place('small-again');
      const [first, second] = [randomBytes(100), randomBytes(50)];
      const put = async (bytes: Uint8Array, condition: 'none' | 'absent') =>
        await destination.putSmall?.(objectSpec(target), whole(bytes), condition, call());
      await put(first, 'absent');
      expect(await codeOf(put(second, 'absent'))).toBe('DestinationExists');
      expect(same(await bench.subject.read(target), first)).toBe(true);
      await put(second, 'none');
      expect(same(await bench.subject.read(target), second)).toBe(true);
      expect(await bench.subject.leftovers(target)).toEqual([]);
    });

    test('one that fails hurts none of the others', async ({ skip }) => {
      const { destination } = bench.subject;
      skip(destination.putSmall === undefined, 'a single put costs no more there');
      const taken = place('small-taken');
      await destination.putSmall?.(objectSpec(taken), whole(randomBytes(10)), 'none', call());
      const [good, bytes] = [place('small-good'), randomBytes(20)];
      const puts = await Promise.allSettled([
        destination.putSmall?.(objectSpec(taken), whole(randomBytes(30)), 'absent', call()),
        destination.putSmall?.(objectSpec(good), whole(bytes), 'absent', call()),
      ]);
      expect(puts.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect(same(await bench.subject.read(good), bytes)).toBe(true);
    });
  });
}
