import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SettingNames } from '../../lib/transfer/object-headers.ts';
import { headerProblems, headerSentence, MOST_SETTINGS_BYTES } from '../../lib/transfer/object-headers.ts';
import type { ObjectSettings } from '../../lib/transfer/request.ts';
import { BAD_SETTINGS } from '../support/bad-settings.ts';

const NAMES: SettingNames = {
  contentType: 'T',
  storageClass: 'C',
  encryption: 'K',
  acl: 'A',
  tags: 'tags',
  metadata: 'metadata',
};

describe('what becomes a header', () => {
  it.each(BAD_SETTINGS)('is refused: %s', (_name, settings, path) => {
    expect(headerProblems(settings).map((problem) => problem.path)).toEqual([path]);
  });

  it.each<readonly [string, ObjectSettings]>([
    ['nothing', {}],
    ['a store of its own words', { storageClass: 'cold-tier', acl: 'x-internal', contentType: 'a/b; c="d e"' }],
    ['a key', { encryption: { kind: 'kms', keyId: 'arn:aws:kms:eu-central-1:111122223333:key/0a1b' } }],
    ['no key', { encryption: { kind: 's3' } }],
    ['tags in any alphabet', { tags: { größe: '日本' } }],
    [
      'ten tags of full length',
      { tags: Object.fromEntries(range(10).map((n) => [`${n}`.padEnd(128, 'n'), 'v'.repeat(256)])) },
    ],
    ['metadata that is all that fits', { metadata: { a: 'x'.repeat(1023) } }],
  ])('is taken: %s', (_name, settings) => {
    expect(headerProblems(settings)).toEqual([]);
  });

  it('names every setting that is wrong', () => {
    const found = headerProblems({ acl: 'a\nb', storageClass: 'é', metadata: { b: 'ok', c: '\r' } });
    expect(found.map(({ path }) => path)).toEqual([['storageClass'], ['acl'], ['metadata', 'c']]);
    expect(found.map((problem) => headerSentence(problem, NAMES))).toEqual([
      'C: has characters beyond printable ASCII, which no header carries',
      'A: has characters beyond printable ASCII, which no header carries',
      'metadata "c": has characters beyond printable ASCII, which no header carries; encode it',
    ]);
  });

  it('holds whatever is taken to printable ASCII, and to what fits', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 8 }),
    );
    const settings = fc.record(
      {
        contentType: text,
        storageClass: text,
        acl: text,
        encryption: fc.record({ kind: fc.constant('kms' as const), keyId: text }),
        metadata: fc.dictionary(text, text, { maxKeys: 3 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(settings, (some) => {
        if (headerProblems(some).length > 0) return;
        const sent = [
          some.contentType ?? '',
          some.storageClass ?? '',
          some.acl ?? '',
          some.encryption?.keyId ?? '',
          ...Object.entries(some.metadata ?? {}).flat(),
        ].join('');
        expect(sent).toMatch(/^[\x20-\x7e]*$/);
        expect(sent.length).toBeLessThanOrEqual(MOST_SETTINGS_BYTES);
      }),
    );
  });
});

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
