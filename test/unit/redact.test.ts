import { describe, expect, test } from 'vitest';
import { holdsSecret, redactText, redactUrl } from '../../lib/errors/redact.ts';
import { misreadLogin } from '../../lib/values/web/read-url.ts';

test.each([
  ['https://u:CANARY@host/a?sig=CANARY#CANARY', 'https://***@host/a?sig=***'],
  ['https://host/a?CANARY', 'https://host/a?***'],
  ['https://host/a?CANARY=', 'https://host/a?***'],
  ['https://host/a?x=1&CANARY', 'https://host/a?x=***&***'],
  ['https://host/a', 'https://host/a'],
  ['file:///home/me/a@b', 'file:///home/me/a@b'],
  ['https://u:x@token=CANARY/a', 'https://***@***/a'],
  ['https://token=CANARY/a', 'https://***/a'],
  ['disk.iso', 'disk.iso'],
  ['-', '-'],
])('%s is shown as %s', (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
});

/** What people write in place of a login that is percent-encoded. */
const UNREADABLE: readonly (readonly [text: string, shown: string])[] = [
  ['https://me:CANARY/x@host', 'https://***@host/'],
  ['https://me:CANARY#x@host', 'https://***'],
  ['https://me:CANARY?x@host/f', 'https://***'],
  ['https://me:x#CANARY@host/f', 'https://***'],
  ['https://me:x/y@CANARY@host/f', 'https://***@host/f'],
  ['s3://AKIA:CANARY/abc@bucket/key', 's3://***@bucket/key'],
  ['s3://key:CAN/ARY@b/k', 's3://***@b/k'],
  ['s3:AKIA:CANARY@bucket/k', '***@bucket/k'],
  ['me:CANARY@host/f', '***@host/f'],
  ['CANARY@host/f', '***@host/f'],
  ['http://me:pa/CANARY@h:9/f', 'http://***@h:9/f'],
  ['ftp://me:12/CANARY@h/f', 'ftp://***@h/f'],
  ['ftp://me:12/CANARY@h/f?mail=a@b', 'ftp://***'],
  ['ftp://me@corp.example:12/CANARY@h/f', 'ftp://***@h/f'],
  ['sftp://me:/CANARY@h/f', 'sftp://***@h/f'],
  ['sftp://me/CANARY@h/f', 'sftp://***@h/f'],
  ['https://me:CANARY', 'https://***'],
  ['https://me:CANARY/x', 'https://***'],
  ['https://me:x@ho st:CANARY/f', 'https://***'],
  ['https://me:x@host:bad/f?sig=a@CANARY', 'https://***'],
  ['me:CANARY', 'me:***'],
  [`http://me:p/${'CANARY@'.repeat(9)}h/f`, 'http://***@h/f'],
];

test.each(UNREADABLE)('of %s, nothing of the login is shown', (text, shown) => {
  expect(redactUrl(text)).toBe(shown);
  expect(holdsSecret(text)).toBe(true);
});

describe('an @ in a path', () => {
  test.each([
    'https://registry.example/@scope/package',
    'https://unpkg.example/react@18/index.js',
    'http://localhost:4873/@scope/package',
    'http://127.0.0.1:8080/a@b/c',
    'http://[::1]:8080/a@b/c',
    's3://bucket/image@2x.png',
    'http://cache:3128/a%40b',
  ])('is a path in %s', (url) => {
    expect([redactUrl(url), holdsSecret(url), misreadLogin(url)]).toEqual([url, false, 'none']);
  });

  test('is contacted and not shown where the host could be a user', () => {
    expect(misreadLogin('http://registry.example:4873/a@b/c')).toBe('perhaps');
    expect(misreadLogin('http://cache/a@b/c')).toBe('perhaps');
    expect(misreadLogin('ftp://me:12/secret@h/f')).toBe('sure');
  });
});

describe('what others write', () => {
  test.each([
    ['connect to https://me:CANARY@host/f failed', 'connect to https://***@host/f failed'],
    ['connect to (https://me:CANARY/x@host/f).', 'connect to (https://***@host/f).'],
    ['bad URL "https://me:CANARY"', 'bad URL "https://***'],
    ['user me:CANARY@host is unknown', 'user ***@host is unknown'],
    ['got https://h/f?sig=CANARY&x=CANARY', 'got https://h/f?sig=***&x=***'],
    ['Authorization: Bearer CANARY', 'Authorization: ***'],
    ['set-cookie = a=CANARY; b=CANARY', 'set-cookie: ***'],
    ['with Bearer CANARY1', 'with Bearer ***'],
    ['X-Amz-Security-Token: CANARY', 'X-Amz-Security-Token: ***'],
    ['POST https://h/bot12345:CANARY/send', 'POST https://h/bot***/send'],
    ['s3://bucket/image@2x.png is there', 's3://bucket/image@2x.png is there'],
    ['basic authentication knows no colon', 'basic authentication knows no colon'],
  ])('%s is shown as %s', (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });

  test('is cut at a word, so that no half of a secret is left, and before it is looked at', () => {
    const long = `first https://me:${'x'.repeat(200_000)}@host/f`;
    expect(redactText(long)).toBe('first …');
    expect(redactText('x'.repeat(200_000))).toBe(' …');
    for (const unit of ['a', 'https://', 'a:@', '?a=', '?', '/', 'Bearer ', ' ', 'cookie ', ';a='])
      expect(redactText(unit.repeat(200_000)).length, unit).toBeLessThan(4000);
  });
});
