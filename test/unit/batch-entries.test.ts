import { expect, test } from 'vitest';
import { contradicts } from '../../lib/pipeline/batch/entry/expected-digests.ts';
import { twins } from '../../lib/pipeline/batch/entry/twins.ts';
import type { BatchEntry } from '../../lib/transfer/batch/entry.ts';
import { sumLine } from '../../lib/transfer/batch/sums-list.ts';

function entry(number: number, url: string, more: Partial<BatchEntry> = {}): { readonly entry: BatchEntry } {
  return { entry: { number, name: `${number}`, sources: [{ url }], expect: { digests: {} }, ...more } };
}

test('entries with one source stand together, where nothing else differs', () => {
  const groups = twins([
    entry(1, 'https://a/x'),
    entry(2, 'https://a/y'),
    entry(3, 'https://a/x'),
    entry(4, 'https://a/x', { expect: { sizeBytes: 3, digests: {} } }),
    entry(5, 'https://a/x', { sources: [{ url: 'https://a/x', headers: { a: 'b' } }] }),
    entry(6, 'https://a/y'),
  ]);
  expect(groups.map((group) => group.map(({ entry: { number } }) => number))).toEqual([[1, 3], [2, 6], [4], [5]]);
});

test('a line of a list of checksums is escaped as coreutils do', () => {
  expect(sumLine('ab', 'in/a b.bin')).toBe('ab  in/a b.bin\n');
  expect(sumLine('ab', 'a\\b\nc\rd')).toBe('\\ab  a\\\\b\\nc\\rd\n');
});

test('digests that are not known contradict none', () => {
  expect(contradicts(undefined, { md5: 'a' })).toBe(false);
  expect(contradicts({ sha256: 'a' }, { md5: 'a' })).toBe(false);
  expect(contradicts({ sha256: 'a', md5: 'b' }, { md5: 'a' })).toBe(true);
});
