import { expect, it } from 'vitest';
import { isPageInstead } from '../../lib/transfer/checks/page-instead.ts';

it.each([
  ['application/zip', 'text/html; charset=utf-8', true],
  ['application/zip', ' TEXT/HTML', true],
  ['application/zip', 'application/xhtml+xml', true],
  ['text/html', 'text/html;charset=latin1', false],
  ['application/zip', 'application/octet-stream', false],
  ['application/zip', 'text/htmlx', false],
  ['application/zip', 'application/json; profile=text/html', false],
  ['application/zip', undefined, false],
  [undefined, 'text/html', false],
])('%s before, %s now: a page instead is %s', (before, now, is) => {
  expect(isPageInstead(before, now)).toBe(is);
});
