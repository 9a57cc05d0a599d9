import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { nextUrl } from '../../lib/http/redirects.ts';
import { callerRequest, harmlessHeaders } from '../../lib/http/request-headers.ts';
import { thrownBy } from '../support/reading.ts';

const POLICY = { maxRedirects: 5, allowInsecure: false };
const from = (...urls: string[]): URL[] => urls.map((url) => new URL(url));

describe('nextUrl', () => {
  it.each([
    ['/other', 'https://a.test/other'],
    ['other?x=1#fragment', 'https://a.test/dir/other?x=1'],
    ['//b.test/x', 'https://b.test/x'],
    ['https://b.test:8443/x', 'https://b.test:8443/x'],
    [Buffer.from('/größe', 'utf8').toString('latin1'), 'https://a.test/gr%C3%B6%C3%9Fe'],
  ])('resolves %s', (location, expected) => {
    expect(nextUrl(from('https://a.test/dir/file'), location, 302, POLICY).href).toBe(expected);
  });

  it('goes from http to https, and back only where that is allowed', async () => {
    expect(nextUrl(from('http://a.test/'), 'https://a.test/', 301, POLICY).href).toBe('https://a.test/');
    const back = (allowInsecure: boolean) => () =>
      nextUrl(from('https://a.test/'), 'http://a.test/?sig=hunter2', 301, { ...POLICY, allowInsecure });
    const error = await thrownBy(back(false), 'RedirectRefused');
    expect(error.message).not.toContain('hunter2');
    expect(back(true)().href).toBe('http://a.test/?sig=hunter2');
  });

  it.each([
    [undefined, 'SourceMalformed'],
    ['http://', 'SourceMalformed'],
    ['ftp://b.test/x', 'RedirectRefused'],
    ['file:///etc/passwd', 'RedirectRefused'],
    ['data:text/plain,hello', 'RedirectRefused'],
    ['https://user:pw@a.test/', 'RedirectRefused'],
    ['#here', 'RedirectLoop'],
    ['https://a.test/file', 'RedirectLoop'],
  ] as [string | undefined, ErrorCode][])('refuses %s: %s', async (location, code) => {
    const error = await thrownBy(() => nextUrl(from('https://a.test/file'), location, 302, POLICY), code);
    expect(error.message).not.toContain('pw');
    expect(error.details.sourceStatus).toBe(302);
  });

  it('follows five, and the sixth is one too many', async () => {
    const visited = from(...[0, 1, 2, 3, 4].map((hop) => `https://a.test/${hop}`));
    const fifth = nextUrl(visited, '/5', 302, POLICY);
    await thrownBy(() => nextUrl([...visited, fifth], '/6', 302, POLICY), 'TooManyRedirects');
    await thrownBy(
      () => nextUrl(from('https://a.test/'), '/1', 302, { ...POLICY, maxRedirects: 0 }),
      'TooManyRedirects',
    );
  });

  it('finds a loop of several hops', async () => {
    const visited = from('https://a.test/1', 'https://b.test/2', 'https://c.test/3');
    await thrownBy(() => nextUrl(visited, 'https://b.test/2', 302, POLICY), 'RedirectLoop');
  });
});

describe('callerRequest', () => {
  it('makes basic authentication of what stands in the URL, and takes it out of there', () => {
    const { url, headers } = callerRequest({ url: 'https://al%20ice:p%40ss%C3%A9@a.test/x?y=1#z' }, 'piecework');
    expect(url.href).toBe('https://a.test/x?y=1');
    expect(headers['authorization']).toBe(`Basic ${Buffer.from('al ice:p@ssé').toString('base64')}`);
  });

  it.each([
    [{ kind: 'basic', user: 'alice', password: '' }, `Basic ${Buffer.from('alice:').toString('base64')}`],
    [{ kind: 'bearer', token: 'tok.en' }, 'Bearer tok.en'],
  ] as const)('writes %j', (auth, expected) => {
    expect(callerRequest({ url: 'https://a.test/', auth }, 'piecework').headers['authorization']).toBe(expected);
  });

  it('takes any other header, and the caller’s user-agent before its own', () => {
    const { headers } = callerRequest(
      { url: 'https://a.test/', headers: { 'User-Agent': 'mine', ACCEPT: 'text/csv', Cookie: 'a=b', 'x-key': ' v ' } },
      'piecework',
    );
    expect(headers).toEqual({ 'user-agent': 'mine', accept: 'text/csv', cookie: 'a=b', 'x-key': 'v' });
    expect(callerRequest({ url: 'https://a.test/' }, 'piecework/1').headers['user-agent']).toBe('piecework/1');
  });

  it.each([
    'Range',
    'host',
    'Accept-Encoding',
    'if-range',
    'If-None-Match',
    'connection',
    'Proxy-Authorization',
    'no good',
    '',
  ])('refuses the header %j', async (name) => {
    const error = await thrownBy(
      () => callerRequest({ url: 'https://a.test/', headers: { [name]: 'hunter2' } }, 'piecework'),
      'InvalidOption',
    );
    expect(error.message).not.toContain('hunter2');
  });

  it.each([
    [{ url: 'https://a.test/', headers: { 'x-key': 'hunter2\r\nhost: evil' } }, 'InvalidOption'],
    [{ url: 'https://a.test/', headers: { 'x-key': 'hunter2€' } }, 'InvalidOption'],
    [{ url: 'https://a.test/', auth: { kind: 'basic', user: 'a:b', password: 'hunter2' } }, 'InvalidOption'],
    [{ url: 'https://a.test/', auth: { kind: 'bearer', token: 'hunter2\n' + 'x' } }, 'InvalidOption'],
    [{ url: 'https://u:hunter2@a.test/', headers: { authorization: 'Bearer x' } }, 'InvalidOption'],
    [{ url: 'https://u:hunter2@a.test/', auth: { kind: 'bearer', token: 'x' } }, 'InvalidOption'],
    [{ url: 'https://u:hunter2%FF@a.test/' }, 'InvalidUrl'],
    [{ url: 'not a url?hunter2' }, 'InvalidUrl'],
    [{ url: 'ftp://a.test/?k=hunter2' }, 'UnsupportedScheme'],
  ] as const)('refuses %j without showing the secret', async (locator, code) => {
    const error = await thrownBy(() => callerRequest(locator, 'piecework'), code);
    expect(`${error.message} ${String(error.cause)}`).not.toContain('hunter2');
  });

  it('keeps only what is harmless for others', () => {
    const headers = {
      accept: 'a',
      'accept-language': 'b',
      'user-agent': 'c',
      authorization: 'd',
      cookie: 'e',
      'x-key': 'f',
    };
    expect(harmlessHeaders(headers)).toEqual({ accept: 'a', 'accept-language': 'b', 'user-agent': 'c' });
  });
});
