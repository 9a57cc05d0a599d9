import { describe, expect, it } from 'vitest';
import type { DispatcherOptions } from '../../lib/http/connections/dispatcher.ts';
import { createDispatchers } from '../../lib/http/connections/dispatcher.ts';
import { toHttpError } from '../../lib/http/connections/errors.ts';
import { proxyFor } from '../../lib/http/connections/proxy.ts';
import { signatureExpiry } from '../../lib/http/grammar/signature-expiry.ts';
import { speedJudge } from '../../lib/net/bodies/speed.ts';
import { sourcesByScheme } from '../../lib/sources/sources.ts';
import { thrownBy } from '../support/reading.ts';

describe('proxyFor', () => {
  const proxies = { httpProxy: 'plain.test:3128', httpsProxy: 'http://u:p@secure.test:8080/' };

  it('goes by the scheme', () => {
    expect(proxyFor(new URL('http://a.test/'), proxies)).toBe('http://plain.test:3128/');
    expect(proxyFor(new URL('https://a.test/'), proxies)).toBe('http://u:p@secure.test:8080/');
    expect(proxyFor(new URL('https://a.test/'), { httpProxy: 'plain.test:3128' })).toBeUndefined();
    expect(proxyFor(new URL('http://a.test/'), { httpProxy: '' })).toBeUndefined();
  });

  it.each([
    ['http://a.test/', 'a.test', true],
    ['http://www.a.test/', 'a.test', true],
    ['http://www.a.test/', 'b.test, .A.test', true],
    ['http://nota.test/', 'a.test', false],
    ['http://a.test/', '*.a.test', false],
    ['http://www.a.test/', '*.a.test', true],
    ['http://a.test./', 'a.test', true],
    ['http://a.test/', '*', true],
    ['http://a.test:8080/', 'a.test:8080', true],
    ['http://a.test:8081/', 'a.test:8080', false],
    ['http://a.test/', 'a.test:80', true],
    ['http://127.0.0.1/', '127.0.0.1', true],
    ['http://127.0.0.1/', '0.0.1', false],
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://10.1.2.3/', '10.0.0.0/99', false],
    ['http://[::1]/', '::1', true],
    ['http://[::1]:8080/', '[::1]:8080', true],
    ['http://[fd00::7]/', 'fd00::/8', true],
    ['http://bücher.test/', '.bücher.test', true],
    ['http://127.0.0.1/', '0x7f.1', true],
    ['http://a.test/', '', false],
  ])('%s with NO_PROXY=%j goes directly: %s', (url, noProxy, direct) => {
    expect(proxyFor(new URL(url), { ...proxies, noProxy }) === undefined).toBe(direct);
  });
});

describe('createDispatchers', () => {
  it.each([
    { connectTimeoutMs: 0 },
    { headersTimeoutMs: -1 },
    { stallTimeoutMs: 1.5 },
    { minBytesPerSecond: -1 },
    { minBytesPerSecond: Number.NaN },
    { connections: 0 },
    { ca: 'no certificate' },
    { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
    { proxy: { httpsProxy: 'socks5://u:hunter2@a.test' } },
  ] as DispatcherOptions[])('refuses %j', async (options) => {
    const error = await thrownBy(() => createDispatchers(options), 'InvalidOption');
    expect(error.message).not.toContain('hunter2');
  });
});

describe('signatureExpiry', () => {
  it.each([
    ['X-Amz-Date=20260131T235930Z&X-Amz-Expires=60&X-Amz-Signature=s', '2026-02-01T00:00:30.000Z'],
    ['x-goog-date=20260131T000000Z&x-goog-expires=3600', '2026-01-31T01:00:00.000Z'],
    ['AWSAccessKeyId=k&Expires=1767225600&Signature=s', '2026-01-01T00:00:00.000Z'],
    ['sv=2024&se=2026-01-01T00%3A00%3A00Z&sig=s', '2026-01-01T00:00:00.000Z'],
    ['Expires=1767225600&X-Amz-Date=20250101T000000Z&X-Amz-Expires=1', '2025-01-01T00:00:01.000Z'],
  ])('%s ends at %s', (query, expected) => {
    const at = signatureExpiry(new URL(`https://a.test/x?${query}`));
    expect(at === undefined ? undefined : new Date(at).toISOString()).toBe(expected);
  });

  it.each([
    '',
    'se=2026-01-01',
    'Expires=never',
    'Expires=60',
    'X-Amz-Expires=60',
    'X-Amz-Date=20269931T000000Z&X-Amz-Expires=60',
  ])('%j has no end that we know', (query) => {
    expect(signatureExpiry(new URL(`https://a.test/x?${query}`))).toBeUndefined();
  });
});

describe('speedJudge', () => {
  it('judges once per window of waiting, and each window alone', () => {
    const fastEnough = speedJudge({ minBytesPerSecond: 100, windowMs: 1000 });
    expect(fastEnough(1, 400)).toBe(true);
    expect(fastEnough(1, 400)).toBe(true);
    expect(fastEnough(98, 200)).toBe(true);
    expect(fastEnough(1000, 500)).toBe(true);
    expect(fastEnough(1000, 500)).toBe(true);
    expect(fastEnough(99, 1000)).toBe(false);
  });
});

describe('toHttpError', () => {
  const where = { url: new URL('https://user:hunter2@a.test:8443/x?sig=hunter2'), phase: 'head' } as const;
  const failing = (code: string): Error => Object.assign(new Error('raw'), { code });

  it.each([
    ['ENOTFOUND', 'SourceNotResolved', 'a.test'],
    ['EAI_AGAIN', 'SourceNotResolved', 'DNS'],
    ['ECONNREFUSED', 'SourceRefused', 'a.test:8443'],
    ['EHOSTUNREACH', 'SourceRefused', 'EHOSTUNREACH'],
    ['ECONNRESET', 'SourceReset', 'a.test:8443'],
    ['EMFILE', 'SourceReset', 'EMFILE'],
    ['UND_ERR_SOCKET', 'SourceReset', 'without an answer'],
    ['UND_ERR_CONNECT_TIMEOUT', 'SourceTimeout', 'in time'],
    ['ETIMEDOUT', 'SourceTimeout', 'in time'],
    ['UND_ERR_HEADERS_TIMEOUT', 'SourceTimeout', 'no answer'],
    ['UND_ERR_BODY_TIMEOUT', 'SourceStalled', 'stopped'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'BodyShort', 'length'],
    ['UND_ERR_HEADERS_OVERFLOW', 'SourceMalformed', '16 KiB'],
    ['HPE_INVALID_CONSTANT', 'SourceMalformed', 'HTTP/1.1'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SourceTls', '--ca-file'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'SourceTls', '--ca-file'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SourceTls', '--ca-file'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'SourceTls', '--ca-file'],
    ['CERT_HAS_EXPIRED', 'SourceTls', 'expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'SourceTls', 'another host name'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'SourceTls', 'does not speak TLS'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'SourceTls', 'handshake'],
    ['UND_ERR_WHATEVER', 'Internal', 'defect'],
  ])('%s is %s', (raw, code, says) => {
    const error = toHttpError(failing(raw), where);
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect(error.message).toContain('https://***@a.test:8443/x?sig=***: ');
    expect(JSON.stringify([error.message, error.details])).not.toContain('hunter2');
  });

  it('tells a body that breaks off from an answer that never came', () => {
    expect(toHttpError(failing('UND_ERR_SOCKET'), { ...where, phase: 'body' }).code).toBe('BodyShort');
    expect(toHttpError(failing('ETIMEDOUT'), { ...where, phase: 'body' }).code).toBe('SourceStalled');
    expect(toHttpError(failing('HPE_INVALID_CHUNK_SIZE'), { ...where, phase: 'body' }).code).toBe('BodyShort');
  });

  it('looks into the several failures of one connection', () => {
    const all = new AggregateError([failing('ENETUNREACH'), failing('ECONNREFUSED')], 'all addresses failed');
    expect(toHttpError(all, where).code).toBe('SourceRefused');
  });

  it.each([
    ['ECONNREFUSED', 'raw', 'SourceRefused', undefined],
    ['ENOTFOUND', 'raw', 'SourceNotResolved', undefined],
    ['UND_ERR_INVALID_ARG', 'raw', 'ProxyRefused', 407],
    ['UND_ERR_ABORTED', 'Proxy response (403) !== 200 when HTTP Tunneling', 'ProxyRefused', 403],
    ['UND_ERR_ABORTED', 'Proxy response (502) !== 200 when HTTP Tunneling', 'SourceServerError', 502],
    ['UND_ERR_ABORTED', 'something else', 'ProxyRefused', undefined],
    ['UND_ERR_PRX_TLS', 'raw', 'SourceTls', undefined],
    ['UND_ERR_PRX_CONN', 'raw', 'SourceReset', undefined],
  ])('names the proxy for %s (%s)', (raw, message, code, status) => {
    const thrown = Object.assign(new Error(message), { code: raw });
    const error = toHttpError(thrown, { ...where, proxy: 'http://proxy.test:3128' });
    expect(error.code).toBe(code);
    expect(error.message).toContain('proxy.test:3128');
    expect(error.details.sourceStatus).toBe(status);
  });

  it('drops the bytes that the parser choked on', () => {
    const thrown = Object.assign(failing('HPE_INVALID_HEADER_TOKEN'), { data: 'set-cookie: hunter2' });
    expect(JSON.stringify(toHttpError(thrown, where).cause, ['data', 'message'])).not.toContain('hunter2');
    expect(toHttpError(thrown, where).cause).not.toBe(thrown);
  });
});

describe('sourcesByScheme', () => {
  const http = { schemes: ['http', 'https'] } as unknown as Parameters<typeof sourcesByScheme>[0][number];
  const sources = sourcesByScheme([http]);

  it('finds the source, whatever the case', () => {
    expect(sources('HTTPS://a.test/')).toBe(http);
  });

  it('says what is supported', async () => {
    expect((await thrownBy(() => sources('gopher://a.test/?k=hunter2'), 'UnsupportedScheme')).message).toBe(
      'gopher://a.test/?k=***: sources of the kind gopher:// are not supported; these are: http://, https://',
    );
    expect((await thrownBy(() => sources('nonsense'), 'InvalidUrl')).message).toContain('http://, https://');
  });

  it.each([
    ['host.test/a', 'did you mean https://host.test/a?'],
    ['host.test:8080/a?sig=hunter2', 'did you mean https://host.test:8080/a?sig=***?'],
    ['localhost:8080/a', 'did you mean http://localhost:8080/a?'],
    ['./a.bin', 'a file of this machine is file:///absolute/path'],
    ['/data/a.bin', 'a file of this machine is file:///absolute/path'],
    ['http://a.test:99999/', 'its host or its port is wrong'],
  ])('says what is likely meant by %s', async (text, sentence) => {
    expect((await thrownBy(() => sources(text), 'InvalidUrl')).message).toContain(sentence);
  });

  it('takes one source for each scheme only', () => {
    expect(() => sourcesByScheme([http, http])).toThrow(RangeError);
  });
});
