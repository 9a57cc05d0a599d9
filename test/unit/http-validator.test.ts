import { describe, expect, it } from 'vitest';
import { ifRangeOf, modifiedAt, validatorOf } from '../../lib/http/validator.ts';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

describe('validatorOf', () => {
  it.each([
    [{ etag: '"abc"' }, { kind: 'strong', etag: '"abc"' }, '"abc"'],
    [{ etag: '""' }, { kind: 'strong', etag: '""' }, '""'],
    [{ etag: ' "abc" ', 'last-modified': DATE }, { kind: 'strong', etag: '"abc"', lastModified: DATE }, '"abc"'],
    [{ etag: 'W/"abc"', 'last-modified': DATE }, { kind: 'weak', etag: 'W/"abc"', lastModified: DATE }, undefined],
    [{ etag: 'abc' }, { kind: 'weak', etag: 'abc' }, undefined],
    [{ etag: '"a" "b"' }, { kind: 'weak', etag: '"a" "b"' }, undefined],
    [{ etag: '' }, { kind: 'none' }, undefined],
    [{ 'last-modified': DATE }, { kind: 'date', lastModified: DATE }, DATE],
    [{ 'last-modified': DATE, date: DATE }, { kind: 'date', lastModified: DATE }, DATE],
    [{ 'last-modified': '0' }, { kind: 'none' }, undefined],
    [{ 'last-modified': 'yesterday' }, { kind: 'none' }, undefined],
    [{}, { kind: 'none' }, undefined],
  ])('%j', (headers, validator, ifRange) => {
    const found = validatorOf(headers as Record<string, string>);
    expect(found).toEqual(validator);
    expect(ifRangeOf(found)).toBe(ifRange);
  });
});

describe('modifiedAt', () => {
  it.each([
    [DATE, '1994-11-06T08:49:37.000Z'],
    ['Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
    ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37.000Z'],
    ['Sun, 06 Nov 1994 09:49:37 +0100', '1994-11-06T08:49:37.000Z'],
    ['-1', undefined],
    ['1994', undefined],
    ['Sun, 99 Foo 1994 08:49:37 GMT', undefined],
  ])('%s → %s', (text, expected) => {
    expect(modifiedAt({ 'last-modified': text })).toBe(expected);
  });
});
