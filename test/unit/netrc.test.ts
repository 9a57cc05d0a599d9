import { describe, expect, test } from 'vitest';
import { loginFor } from '../../lib/local/sources/netrc.ts';

describe('.netrc', () => {
  const text = [
    '# machine host.example login commented password out',
    'machine host.example login me password one',
    'machine host.example login you password "two words \\" quoted"',
    'machine other.example',
    '  login her',
    '  account none',
    '  password three # and so on',
    'macdef init',
    'machine host.example login macro password macro',
    '',
    'default login anonymous password any@',
  ].join('\n');

  test.each([
    ['host.example', undefined, { user: 'me', password: 'one' }],
    ['HOST.example', 'you', { user: 'you', password: 'two words " quoted' }],
    ['other.example', undefined, { user: 'her', password: 'three' }],
    ['elsewhere.example', undefined, { user: 'anonymous', password: 'any@' }],
    ['elsewhere.example', 'me', undefined],
  ] as const)('%s, user %s', (host, user, expected) => {
    expect(loginFor(text, host, user)).toEqual(expected);
  });

  test('a password may be any word, also one of its own', () => {
    expect(loginFor('machine h login machine password default', 'h', undefined)).toEqual({
      user: 'machine',
      password: 'default',
    });
    expect(loginFor('machine h login a password pass#word', 'h', undefined)?.password).toBe('pass#word');
  });
});
