import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { publishedDigests } from '../../lib/integrity/digest-headers.ts';

const digest = (algorithm: string, encoding: 'base64' | 'hex', text = 'x'): string =>
  createHash(algorithm).update(text).digest(encoding);
const SHA256 = digest('sha256', 'base64');
const SHA512 = digest('sha512', 'base64');
const MD5 = digest('md5', 'base64');

describe('publishedDigests', () => {
  it('reads Repr-Digest (RFC 9530), on a part as on the whole', () => {
    const headers = { 'repr-digest': `sha-256=:${SHA256}:, sha-512=:${SHA512}:, adler=:AAAAAA==:` };
    const expected = { sha256: digest('sha256', 'hex'), sha512: digest('sha512', 'hex') };
    expect(publishedDigests(206, headers)).toEqual(expected);
    expect(publishedDigests(200, headers)).toEqual(expected);
  });

  it('reads Digest (RFC 3230), whose names ignore case', () => {
    expect(
      publishedDigests(206, { digest: `SHA-256=${SHA256},md5=${MD5}, SHA=${digest('sha1', 'base64')},UNIXsum=30637` }),
    ).toEqual({ sha256: digest('sha256', 'hex'), md5: digest('md5', 'hex'), sha1: digest('sha1', 'hex') });
  });

  it('takes Content-MD5 for the whole on a 200 only', () => {
    expect(publishedDigests(200, { 'content-md5': MD5 })).toEqual({ md5: digest('md5', 'hex') });
    expect(publishedDigests(206, { 'content-md5': MD5 })).toEqual({});
  });

  it('takes the MD5 of X-Goog-Hash, unless Google decompressed what it stores', () => {
    const headers = { 'x-goog-hash': `crc32c=n03x6A==, md5=${MD5}` };
    const md5 = digest('md5', 'hex');
    expect(publishedDigests(206, headers)).toEqual({ md5 });
    expect(publishedDigests(206, { ...headers, 'x-goog-stored-content-encoding': 'identity' })).toEqual({ md5 });
    expect(publishedDigests(206, { ...headers, 'x-goog-stored-content-encoding': 'gzip' })).toEqual({});
    expect(
      publishedDigests(206, { ...headers, 'x-goog-stored-content-encoding': 'gzip', 'content-encoding': 'gzip' }),
    ).toEqual({ md5 });
  });

  it('prefers Repr-Digest where two disagree', () => {
    const other = digest('sha256', 'base64', 'y');
    expect(publishedDigests(200, { 'repr-digest': `sha-256=:${SHA256}:`, digest: `SHA-256=${other}` })).toEqual({
      sha256: digest('sha256', 'hex'),
    });
  });

  it.each([
    { 'repr-digest': 'sha-256=:short:' },
    { 'repr-digest': `sha-256=${SHA256}` },
    { 'repr-digest': `sha-256=:${MD5}:` },
    { 'repr-digest': 'sha-256=' },
    { 'repr-digest': '' },
    { 'repr-digest': `sha-256=(:${SHA256}:)` },
    { digest: 'SHA-256=not base64' },
    { digest: `SHA-256=${MD5}` },
    { digest: `SHA-256=${digest('sha256', 'hex')}` },
    { digest: `constructor=${SHA256}` },
    { 'content-md5': digest('md5', 'hex') },
    { 'x-goog-hash': 'md5=' },
    { 'content-digest': `sha-256=:${SHA256}:` },
  ])('ignores what is malformed or not of the whole: %j', (headers) => {
    expect(publishedDigests(200, headers as unknown as Record<string, string>)).toEqual({});
  });
});
