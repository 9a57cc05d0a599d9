import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fingerprintOf, KnownHosts, kindOf } from '../../lib/sources/sftp/known-hosts.ts';

const keyOf = (kind: string, seed: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(kind.length);
  return Buffer.concat([length, Buffer.from(kind), Buffer.from(seed.padEnd(32, '.'))]);
};
const KEY = keyOf('ssh-ed25519', 'a');
const OTHER = keyOf('ssh-ed25519', 'b');
const line = (hosts: string, key: Buffer, marker = '') =>
  `${marker}${hosts} ${kindOf(key)} ${key.toString('base64')} a comment\n`;

function hashed(name: string): string {
  const salt = Buffer.from('0123456789abcdef0123');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describe('known hosts', () => {
  test.each([
    ['by name', line('host.example', KEY), 'host.example', 22, 'known'],
    ['in capitals', line('Host.Example', KEY), 'hOST.example', 22, 'known'],
    ['in a list', line('a,host.example,b', KEY), 'host.example', 22, 'known'],
    ['by address', line('192.0.2.1', KEY), '192.0.2.1', 22, 'known'],
    ['at a port of its own', line('[host.example]:2222', KEY), 'host.example', 2222, 'known'],
    ['at another port', line('host.example', KEY), 'host.example', 2222, 'unknown'],
    ['hashed', line(hashed('host.example'), KEY), 'host.example', 22, 'known'],
    ['hashed, with a port', line(hashed('[host.example]:2222'), KEY), 'host.example', 2222, 'known'],
    ['by pattern', line('*.example', KEY), 'host.example', 22, 'known'],
    ['by a pattern in pieces', line('h?st*.*ample', KEY), 'host.example', 22, 'known'],
    ['by a pattern that goes on', line('host*x', KEY), 'host.example', 22, 'unknown'],
    ['by a pattern of stars alone', line('**', KEY), 'host.example', 22, 'known'],
    // As a regular expression it would take longer than the sun shines.
    ['by a pattern of many stars', line(`${'*a'.repeat(100)}*z`, KEY), 'a'.repeat(250), 22, 'unknown'],
    ['but for one', line('*.example,!host.example', KEY), 'host.example', 22, 'unknown'],
    ['a dot is a dot', line('host.example', KEY), 'hostxexample', 22, 'unknown'],
    ['with another key', line('host.example', OTHER), 'host.example', 22, 'changed'],
    ['with another key too', line('host.example', OTHER) + line('host.example', KEY), 'host.example', 22, 'known'],
    ['revoked', line('host.example', KEY) + line('*', KEY, '@revoked '), 'host.example', 22, 'revoked'],
    ['an authority is no key of its own', line('*.example', KEY, '@cert-authority '), 'host.example', 22, 'unknown'],
    ['as a comment', `# ${line('host.example', KEY)}`, 'host.example', 22, 'unknown'],
    ['in Windows lines', line('host.example', KEY).replace('\n', '\r\n'), 'host.example', 22, 'known'],
    ['in a broken line', 'host.example\nssh-ed25519\n\u0000\n', 'host.example', 22, 'unknown'],
  ] as const)('%s', (_what, text, host, port, expected) => {
    expect(new KnownHosts(text).judge(host, port, KEY)).toBe(expected);
  });

  test('the kinds of keys that are known of a host', () => {
    const text =
      line('host.example', KEY) + line('host.example', keyOf('ssh-rsa', 'c')) + line('other', keyOf('ssh-dss', 'd'));
    expect(new KnownHosts(text).kindsOf('host.example', 22)).toEqual(['ssh-ed25519', 'ssh-rsa']);
  });

  test('a fingerprint is what ssh-keygen -lf prints', () => {
    const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
    expect(fingerprintOf(Buffer.from(key, 'base64'))).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
  });
});
