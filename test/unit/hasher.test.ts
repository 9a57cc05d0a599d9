import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { crc32, crc32Hex } from '../../lib/integrity/crc32.ts';
import { sequentialHasher } from '../../lib/integrity/hasher.ts';

const hex = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');

test('several digests come out of one pass, over a buffer that is used again', () => {
  const bytes = randomBytes(10_000);
  const hasher = sequentialHasher(['sha256', 'md5', 'sha1', 'sha512', 'crc32']);
  const window = Buffer.alloc(999);
  for (let at = 0; at < bytes.length; at += window.length) {
    hasher.update(window.subarray(0, bytes.copy(window, 0, at, at + window.length)));
  }
  expect(hasher.digests()).toEqual({
    sha256: hex('sha256', bytes),
    md5: hex('md5', bytes),
    sha1: hex('sha1', bytes),
    sha512: hex('sha512', bytes),
    crc32: crc32Hex(crc32(bytes)),
  });
});

test('what was not asked for is not computed', () => {
  const hasher = sequentialHasher([]);
  hasher.update(randomBytes(10));
  expect(hasher.digests()).toEqual({});
});

test('nothing has digests, too', () => {
  expect(sequentialHasher(['sha256', 'crc32']).digests()).toEqual({
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    crc32: '00000000',
  });
});
