import { expect, test } from 'vitest';
import { idleMsAfter } from '../../lib/http/connections/head.ts';
import { xmlProblem } from '../../lib/s3/xml.ts';
import { safeName } from '../../lib/values/text/safe-name.ts';
import { withoutEnd } from '../../lib/values/text/without-end.ts';
import { plainHost } from '../../lib/values/web/hosts.ts';

// What others write may be long: none of this may look at the rest of the text once for each character. (It would take
// minutes, which is no assertion here, and ends the test all the same.)

const MANY = 500_000;

test('a name with many dots and spaces in it', () => {
  expect(safeName(`${'. '.repeat(MANY)}a`)).toBe('a');
  expect(safeName(`a${'.'.repeat(MANY)}b`)).toBe('a.b');
  expect(safeName(`a${' .'.repeat(MANY)}`)).toBe('a');
});

test('a host with many dots', () => {
  expect(plainHost('example.com..')).toBe('example.com');
  expect(plainHost('..')).toBeUndefined();
  expect(plainHost(`${'a.'.repeat(126)}b`)).toHaveLength(253);
  expect(plainHost('127.0.0.1..')).toBe('127.0.0.1');
  // Without its dots it would be an address, and is none.
  expect(plainHost('10.1.2.310..')).toBeUndefined();
  // It would be written in ASCII, and not be read again.
  expect(plainHost('bücher.example'.repeat(3000))).toBeUndefined();
});

test('what is at the end is left out, and nothing before it', () => {
  const isX = (character: string) => character === 'x';
  expect(withoutEnd(`${'x'.repeat(MANY)}yxx`, isX)).toBe(`${'x'.repeat(MANY)}y`);
  expect(withoutEnd('xx', isX)).toBe('');
  expect(withoutEnd('', isX)).toBe('');
});

test('many tags without an end', () => {
  expect(xmlProblem('</a<a'.repeat(MANY))).toBeUndefined();
  expect(xmlProblem('<a'.repeat(33))).toBe('more than 32 levels');
  expect(xmlProblem(`${'<a>'.repeat(32)}${'</a>'.repeat(32)}`)).toBeUndefined();
});

test('a Connection header with spaces around its words', () => {
  const idle = (connection: string) => idleMsAfter({ minorVersion: 1, status: 200, headers: { connection } });
  expect(idle(`x ,\t close${' '.repeat(MANY)},y`)).toBe(0);
  expect(idle(`${' '.repeat(MANY)}x`)).toBeGreaterThan(0);
});
