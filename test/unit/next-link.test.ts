import { expect, test } from 'vitest';
import { nextLink } from '../../lib/http/grammar/link.ts';

const URL_OF = new URL('https://e.example/a/list?x=1');

test.each([
  ['<https://e.example/2>; rel="next"', 'https://e.example/2'],
  ['<?page=2>; rel=next', 'https://e.example/a/list?page=2'],
  ['<first>; rel="first", </b,c>; title="x, y"; rel="last NEXT"', 'https://e.example/b,c'],
  ['<x>;rel=nexto', undefined],
  ['<x>; rel="next"; anchor="#other"', undefined],
  ['<x>', undefined],
  ['rel="next"', undefined],
  ['', undefined],
])('%s', (link, next) => {
  expect(nextLink({ link }, URL_OF)).toBe(next);
});

test('without the header there is none', () => {
  expect(nextLink({}, URL_OF)).toBeUndefined();
});
