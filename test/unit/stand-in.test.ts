import { expect, it } from 'vitest';
import type { SeenVersion } from '../../lib/transfer/checks/stand-in.ts';
import { standsIn } from '../../lib/transfer/checks/stand-in.ts';

const ZIP: SeenVersion = {
  sizeBytes: 100,
  contentType: 'application/zip',
  validator: { kind: 'strong', etag: '"v1"' },
};
const NEXT: SeenVersion = { ...ZIP, sizeBytes: 120, validator: { kind: 'strong', etag: '"v2"' } };
const { contentType: _, ...UNTYPED } = ZIP;

it.each<readonly [string, SeenVersion, SeenVersion]>([
  ['another version', ZIP, NEXT],
  ['another version of another type', ZIP, { ...NEXT, contentType: 'application/octet-stream' }],
  ['one with a date only, from another mirror', ZIP, { ...NEXT, validator: { kind: 'date', lastModified: 'x' } }],
  ['one with a weaker ETag', ZIP, { ...NEXT, validator: { kind: 'weak', etag: 'W/"v2"' } }],
  ['a page of a file that was one', { ...ZIP, contentType: 'text/html' }, { ...NEXT, contentType: 'text/html' }],
  [
    'another size where no version was ever stated',
    { ...ZIP, validator: { kind: 'none' } },
    { ...NEXT, validator: { kind: 'none' } },
  ],
  ['an empty file that was empty', { ...ZIP, sizeBytes: 0 }, { ...NEXT, sizeBytes: 0 }],
])('takes %s', (_what, was, is) => {
  expect(standsIn(was, is, false)).toBeUndefined();
});

it.each<readonly [string, SeenVersion, SeenVersion]>([
  ['a page in place of a file', ZIP, { ...NEXT, contentType: 'text/html; charset=utf-8' }],
  ['a page in place of a file of no stated type', UNTYPED, { ...NEXT, contentType: 'text/html' }],
  ['what states no version any more', ZIP, { ...NEXT, validator: { kind: 'none' } }],
  ['nothing at all', ZIP, { ...NEXT, sizeBytes: 0 }],
  [
    'a message with a weak ETag',
    ZIP,
    { ...NEXT, contentType: 'application/json', validator: { kind: 'weak', etag: 'W/"1"' } },
  ],
])('does not take %s, in one answer or in pieces', (_what, was, is) => {
  for (const isOneAnswer of [true, false]) expect(standsIn(was, is, isOneAnswer)).toEqual(expect.any(String));
});

it('takes another size under the same ETag in one answer only', () => {
  const is = { ...ZIP, sizeBytes: 101 };
  expect(standsIn(ZIP, is, false)).toContain('under the same ETag');
  expect(standsIn(ZIP, is, true)).toBeUndefined();
});
