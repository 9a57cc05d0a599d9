import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { PieceworkError } from '../../lib/errors/error.ts';
import type { HttpSourceOptions } from '../../lib/sources/http/source.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import type { Certificate } from '../support/certificates.ts';
import { createAuthority, createSelfSigned } from '../support/certificates.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import type { Origin } from '../support/origin.ts';
import { redirect, startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { TestProxyOptions } from '../support/proxy.ts';
import { startProxy } from '../support/proxy.ts';
import { call, failureOf, readAll } from '../support/reading.ts';
import { usedByTest } from '../support/used-by-test.ts';

const SIZE = 300_000;
const authority = createAuthority();
const ca = authority.cert;
const use = usedByTest();

async function server(tls?: Certificate): Promise<Origin> {
  const origin = use(await startOrigin(tls === undefined ? {} : { tls }));
  origin.serve('/file.bin', { size: SIZE });
  return origin;
}

const proxyServer = async (options?: TestProxyOptions) => use(await startProxy(options));

async function probe(url: string, options: HttpSourceOptions = {}): Promise<Snapshot> {
  const source = use(httpSource(options));
  await using found = await source.probe({ url }, 1000, call());
  expect((await readAll(found.body)).equals(patternBytes(0, 1000))).toBe(true);
  return found.snapshot;
}

describe('HTTPS', () => {
  const failing = async (tls: Certificate, options: HttpSourceOptions = {}): Promise<PieceworkError> => {
    const { base } = await server(tls);
    const error = await failureOf(probe(`${base}/file.bin?sig=hunter2`, options), 'SourceTls');
    expect(error.reaction).toBe('fail');
    expect(error.message).not.toContain('hunter2');
    return error;
  };

  it('works with the CA given, as text or as several', async () => {
    const { base } = await server(authority.issue());
    expect(await probe(`${base}/file.bin`, { ca })).toMatchObject({ sizeBytes: SIZE });
    const bundle = `# two authorities\n${createAuthority('another').cert}\n${ca}`;
    expect(await probe(`${base}/file.bin`, { ca: [bundle] })).toMatchObject({ sizeBytes: SIZE });
  });

  it('works with a self-signed certificate given', async () => {
    const tls = createSelfSigned();
    const { base } = await server(tls);
    expect(await probe(`${base}/file.bin`, { ca: tls.cert })).toMatchObject({ sizeBytes: SIZE });
  });

  it('says that a CA is unknown, and what to give', async () => {
    expect((await failing(authority.issue())).message).toMatch(/unknown CA.*--ca-file/);
    expect((await failing(authority.issue(), { ca: createAuthority('another').cert })).message).toMatch(/unknown CA/);
  });

  it('says that a certificate is self-signed', async () => {
    expect((await failing(createSelfSigned())).message).toMatch(/self-signed.*--ca-file/);
  });

  it('says that a certificate has expired, or is not valid yet', async () => {
    const past = new Date(Date.now() - 1000);
    const future = new Date(Date.now() + 3_600_000);
    expect((await failing(authority.issue({ notAfter: past }), { ca })).message).toContain('has expired');
    expect((await failing(authority.issue({ notBefore: future }), { ca })).message).toContain('not valid yet');
  });

  it('says that a certificate is for another host', async () => {
    expect((await failing(authority.issue({ names: ['other.test'] }), { ca })).message).toContain('another host name');
  });

  it('says that a server does not speak TLS', async () => {
    const { port } = await server();
    const error = await failureOf(probe(`https://127.0.0.1:${port}/file.bin`), 'SourceTls');
    expect(error.message).toContain('does not speak TLS');
  });

  it('is not left for http, unless that is allowed', async () => {
    const plain = await server();
    const secure = await server(authority.issue());
    const url = secure.serve('/a', redirect(`${plain.base}/file.bin`));
    await failureOf(probe(url, { ca }), 'RedirectRefused');
    expect(plain.requests).toHaveLength(0);
    const source = use(httpSource({ ca }));
    await using found = await source.probe({ url, allowInsecureRedirect: true }, 1000, call());
    expect(found.snapshot.sizeBytes).toBe(SIZE);
  });
});

describe('a proxy', () => {
  it('tunnels https', async () => {
    const origin = await server(authority.issue());
    const proxy = await proxyServer();
    expect(await probe(`${origin.base}/file.bin`, { ca, proxy: { httpsProxy: proxy.url } })).toMatchObject({
      sizeBytes: SIZE,
    });
    expect(proxy.requests.map(({ line }) => line)).toEqual([`CONNECT localhost:${origin.port}`]);
  });

  it('forwards http', async () => {
    const origin = await server();
    const proxy = await proxyServer();
    await probe(`${origin.base}/file.bin?x=1`, { proxy: { httpProxy: proxy.url } });
    expect(proxy.requests.map(({ line }) => line)).toEqual([`GET ${origin.base}/file.bin?x=1`]);
    expect(origin.requests[0]?.headers).toMatchObject({ host: `127.0.0.1:${origin.port}`, range: 'bytes=0-999' });
  });

  it('is left out for hosts in noProxy, and for the other scheme', async () => {
    const origin = await server();
    const proxy = await proxyServer();
    await probe(`${origin.base}/file.bin`, { proxy: { httpProxy: proxy.url, noProxy: '127.0.0.0/8' } });
    await probe(`${origin.base}/file.bin`, { proxy: { httpsProxy: proxy.url } });
    expect(proxy.requests).toHaveLength(0);
    expect(origin.requests).toHaveLength(2);
  });

  it('gets its own credentials, and the origin none of them', async () => {
    const secure = await server(authority.issue());
    const plain = await server();
    const proxy = await proxyServer({ credentials: 'bob:s3cret' });
    const url = proxy.url.replace('//', '//bob:s3cret@');
    const proxied = { ca, proxy: { httpsProxy: url, httpProxy: url } };
    await probe(`${secure.base}/file.bin`, proxied);
    await probe(`${plain.base}/file.bin`, proxied);
    expect(proxy.requests.map(({ authorization }) => authorization?.slice(0, 6))).toEqual(['Basic ', 'Basic ']);
    for (const { requests } of [secure, plain]) {
      expect(requests).toHaveLength(1);
      expect(requests[0]?.headers).not.toHaveProperty('proxy-authorization');
      expect(requests[0]?.headers).not.toHaveProperty('authorization');
    }
  });

  it.each(['http', 'https'])('that wants other credentials is named, without them (%s)', async (scheme) => {
    const origin = await server(scheme === 'https' ? authority.issue() : undefined);
    const proxy = await proxyServer({ credentials: 'bob:s3cret' });
    const url = proxy.url.replace('//', '//bob:hunter2@');
    const error = await failureOf(
      probe(`${origin.base}/file.bin`, { ca, proxy: { httpsProxy: url, httpProxy: url } }),
      'ProxyRefused',
    );
    expect(error.message).toMatch(new RegExp(`proxy http://\\*\\*\\*@127\\.0\\.0\\.1:${proxy.port} .*\\(407\\)`));
    expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toContain('hunter2');
    expect(error.details.sourceStatus).toBe(407);
    expect(origin.requests).toHaveLength(0);
  });

  it('that refuses to tunnel is told apart from one that can’t reach the host', async () => {
    const origin = await server(authority.issue());
    const refusing = async (status: number) => ({
      ca,
      proxy: { httpsProxy: (await proxyServer({ refuseWith: status })).url },
    });
    const refused = await failureOf(probe(`${origin.base}/file.bin`, await refusing(403)), 'ProxyRefused');
    expect(refused.reaction).toBe('fail');
    const unreached = await failureOf(probe(`${origin.base}/file.bin`, await refusing(502)), 'SourceServerError');
    expect(unreached.reaction).toBe('retry');
  });

  it.each(['http', 'https'])('that is not there is named (%s)', async (scheme) => {
    const origin = await server(scheme === 'https' ? authority.issue() : undefined);
    const gone = await startProxy();
    await gone[Symbol.asyncDispose]();
    const error = await failureOf(
      probe(`${origin.base}/file.bin`, { ca, proxy: { httpsProxy: gone.url, httpProxy: gone.url } }),
      'SourceRefused',
    );
    expect(error.message).toContain(`the proxy http://127.0.0.1:${gone.port} refused`);
  });

  it('that answers what is no head keeps no connection', async () => {
    const { base } = await server(authority.issue());
    const liar = createServer().on('connection', (socket) => socket.on('error', () => socket.destroy()));
    const closed = once(liar, 'connection').then(([socket]) => once(socket as Socket, 'close'));
    liar.on('connection', (socket) => socket.once('data', () => socket.write('HTTP/1.1 2x0 Yes\r\n\r\n')));
    const httpsProxy = `http://127.0.0.1:${await listenOnLoopback(liar)}`;
    const source = use(httpSource({ ca, proxy: { httpsProxy } }));
    await failureOf(source.probe({ url: `${base}/file.bin` }, 100, call()), 'SourceMalformed');
    await closed;
    liar.close();
  });

  it('changes nothing about certificates', async () => {
    const origin = await server(authority.issue());
    const proxy = await proxyServer();
    const error = await failureOf(probe(`${origin.base}/file.bin`, { proxy: { httpsProxy: proxy.url } }), 'SourceTls');
    expect(error.message).toContain('unknown CA');
  });
});
