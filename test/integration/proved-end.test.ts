import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import { createAuthority } from '../support/certificates.ts';
import { cutUnderTls, untilClosed } from '../support/hostile-lies.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { TestProxyOptions } from '../support/proxy.ts';
import { startProxy } from '../support/proxy.ts';
import { call, failureOf, readAll } from '../support/reading.ts';
import { usedByTest } from '../support/used-by-test.ts';

const SIZE = 300_000;
const BYTES = patternBytes(0, SIZE);
const authority = createAuthority();
const use = usedByTest();

describe('a body that ends with its connection, through a proxy', () => {
  async function proxied(serves: ReturnType<typeof untilClosed>, options: TestProxyOptions = {}) {
    const origin = use(await startOrigin({ tls: authority.issue() }));
    const url = origin.serve('/file.bin', serves);
    const proxy = use(await startProxy(options));
    const login = options.credentials === undefined ? '' : `${options.credentials}@`;
    const httpsProxy = proxy.url.replace('//', `//${login}`);
    const source = use(httpSource({ ca: authority.cert, proxy: { httpsProxy } }));
    return { source, url, origin, proxy };
  }

  it('is proved by TLS, in a tunnel of our own', async () => {
    const { source, url, origin, proxy } = await proxied(untilClosed(BYTES));
    await using found = await source.probe({ url }, 'all', call());
    expect(found.snapshot).not.toHaveProperty('unprovedEnd');
    expect((await readAll(found.body)).equals(BYTES)).toBe(true);
    expect(proxy.requests.map(({ line }) => line)).toEqual(Array(2).fill(`CONNECT localhost:${origin.port}`));
  });

  it('is BodyShort where it was cut', async () => {
    const { source, url } = await proxied(cutUnderTls(BYTES));
    await using found = await source.probe({ url }, 'all', call());
    await failureOf(readAll(found.body), 'BodyShort');
  });

  it('the tunnel has the credentials of the proxy, and the origin none of them', async () => {
    const { source, url, origin, proxy } = await proxied(untilClosed(BYTES), { credentials: 'bob:s3cret' });
    await using found = await source.probe({ url }, 'all', call());
    expect((await readAll(found.body)).equals(BYTES)).toBe(true);
    const [first, second] = proxy.requests;
    expect(second?.authorization).toBe(first?.authorization);
    for (const { headers } of origin.requests) expect(headers).not.toHaveProperty('proxy-authorization');
  });

  it.each([
    [407, 'ProxyRefused'],
    [403, 'ProxyRefused'],
    [502, 'SourceServerError'],
  ] as const)('the tunnel that is refused with %d is %s', async (status, code) => {
    const options = { refuseWith: status, refuseFrom: 2 };
    const { source, url, proxy } = await proxied(untilClosed(BYTES), options);
    const error = await failureOf(source.probe({ url }, 'all', call()), code);
    expect(error.message).toContain(proxy.url);
    expect(error.details.sourceStatus).toBe(status);
  });

  it.each(['HTTP/1.1 200 OK\r\n\r\nsurplus', 'SSH-2.0-x\r\n\r\n', ''])(
    'a proxy that answers %j to the second CONNECT',
    async (answer) => {
      const origin = use(await startOrigin({ tls: authority.issue() }));
      const url = origin.serve('/file.bin', untilClosed(BYTES));
      const honest = use(await startProxy());
      const sockets: Duplex[] = [];
      let count = 0;
      const liar = createServer().on('connect', (request, socket) => {
        count += 1;
        sockets.push(socket.on('error', () => socket.destroy()));
        if (count > 1) return void socket.end(answer);
        const to = createConnection(honest.port, '127.0.0.1', () =>
          to.write(`CONNECT ${request.url} HTTP/1.1\r\n\r\n`),
        );
        sockets.push(to);
        to.on('error', () => socket.destroy()).on('close', () => socket.destroy());
        socket.pipe(to).pipe(socket);
      });
      const port = await listenOnLoopback(liar);
      use({
        async [Symbol.asyncDispose]() {
          for (const socket of sockets) socket.destroy();
          await new Promise((resolve) => liar.close(resolve));
        },
      });
      const proxy = { httpsProxy: `http://127.0.0.1:${port}` };
      await using source = httpSource({ ca: authority.cert, proxy });
      const error = await failureOf(
        source.probe({ url }, 'all', call()),
        answer === '' ? 'SourceReset' : 'SourceMalformed',
      );
      expect(error.message).toContain(url);
    },
  );
});

describe('a pipe', () => {
  async function piped(options: object = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'piecework-end-'));
    use({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) });
    await using piecework = openLocal({ stateDir: `${folder}/state`, stdin: Readable.from([BYTES]) });
    return await piecework.copy({ source: { url: '-' }, destination: `${folder}/out.bin`, options });
  }

  it('ends unproved', async () => {
    expect((await piped()).result).toMatchObject({ sizeBytes: SIZE, end: 'unproved' });
  });

  it('ends proved, where its size is expected', async () => {
    const { result } = await piped({ strict: true, expect: { sizeBytes: SIZE, digests: {} } });
    expect(result).not.toHaveProperty('end');
  });

  it('is an error of its own with `strict`', async () => {
    const error = await failureOf(piped({ strict: true }), 'EndUnproved');
    expect(error.message).toMatch(/pipe.*--expect-size.*--strict/);
  });
});
