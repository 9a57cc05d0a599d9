import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ftpSource } from '../../lib/sources/ftp/source.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import { sftpSource } from '../../lib/sources/sftp/source.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { call, failureOf, readAll } from '../support/reading.ts';
import { usedByTest } from '../support/used-by-test.ts';

/*
 * Servers that say one byte at a time and never come to an end: each time-out is for the whole of what is waited for,
 * and a byte now and then does not prolong it.
 */

const LIMITS = { connectTimeoutMs: 300, headersTimeoutMs: 300, stallTimeoutMs: 300 };
const use = usedByTest();

/** Says `begin` at once, when it is asked or as soon as it is connected to, and then a byte every 50 ms. */
async function dribbling(begin: string, speaks: 'first' | 'when asked', byte = 'x'): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const dribble = () => {
      socket.write(begin);
      const timer = setInterval(() => socket.write(byte), 50);
      socket.on('close', () => clearInterval(timer));
    };
    if (speaks === 'first') dribble();
    else socket.once('data', dribble);
  });
  const port = await listenOnLoopback(server);
  use({
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return port;
}

describe('a byte now and then', () => {
  it.each(['HTTP/1.1 200 OK\r\nx-slow: ', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 2', 'H'])(
    'of a head after %j',
    async (begin) => {
      const port = await dribbling(begin, 'when asked', begin.endsWith('\r\n') ? 'a' : 'x');
      const source = use(httpSource(LIMITS));
      const probing = source.probe({ url: `http://127.0.0.1:${port}/x` }, 100, call());
      await failureOf(probing, begin === 'H' ? 'SourceMalformed' : 'SourceTimeout');
    },
  );

  it('of the answer of a proxy to CONNECT', async () => {
    const port = await dribbling('HTTP/1.1 200 OK\r\nx-slow: ', 'when asked');
    const source = use(httpSource({ ...LIMITS, proxy: { httpsProxy: `http://127.0.0.1:${port}` } }));
    await failureOf(source.probe({ url: 'https://127.0.0.1:1/x' }, 100, call()), 'SourceTimeout');
  });

  it('of a head that a proxy forwards', async () => {
    const port = await dribbling('HTTP/1.1 200 OK\r\nx-slow: ', 'when asked');
    const source = use(httpSource({ ...LIMITS, proxy: { httpProxy: `http://127.0.0.1:${port}` } }));
    await failureOf(source.probe({ url: 'http://127.0.0.1:1/x' }, 100, call()), 'SourceTimeout');
  });

  it('in place of a TLS handshake', async () => {
    // The beginning of a record that is 16 KiB long.
    const port = await dribbling('\x16\x03\x03\x40\x00', 'when asked');
    const source = use(httpSource(LIMITS));
    await failureOf(source.probe({ url: `https://127.0.0.1:${port}/x` }, 100, call()), 'SourceTimeout');
  });

  it.each(['5', '5;x=', '5\r\nhello\r\n0\r\nx-slow: '])('of a chunk after %j', async (begin) => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    const port = await dribbling(`${head}${begin}`, 'when asked', begin === '5' ? '0' : 'x');
    const source = use(httpSource(LIMITS));
    await using probe = await source.probe({ url: `http://127.0.0.1:${port}/x` }, 'all', call());
    await failureOf(readAll(probe.body), 'SourceStalled');
  });

  it('of an FTP greeting', async () => {
    const port = await dribbling('220-', 'first');
    const source = use(ftpSource(LIMITS));
    await failureOf(source.probe({ url: `ftp://127.0.0.1:${port}/x` }, 100, call()), 'SourceTimeout');
  });

  it.each(['SSH-2.0-', 'a banner of many words\r\n'])('of an SSH banner after %j', async (begin) => {
    const port = await dribbling(begin, 'first');
    const source = use(sftpSource({ ...LIMITS, knownHostsFiles: [], identities: () => [], defaultUser: 'me' }));
    const error = await failureOf(
      source.probe({ url: `sftp://me:secret@127.0.0.1:${port}/x` }, 100, call()),
      'SourceTimeout',
    );
    expect(error.reaction).toBe('retry');
  });
});
