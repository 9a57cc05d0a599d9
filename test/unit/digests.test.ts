import { expect, it } from 'vitest';
import { sequentialDigests } from '../../lib/transfer/digests.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';

it('the digests that need the whole object in order are all but CRC-32, which combines from pieces', () => {
  expect(sequentialDigests({ sha256: 'a', crc32: 'b', md5: 'c' })).toEqual(['sha256', 'md5']);
  expect(sequentialDigests({ crc32: 'b' })).toEqual([]);
});

it('nothing is to be proved where nobody asked for it', () => {
  expect(DEFAULT_OPTIONS.expect).toEqual({ digests: {} });
});
