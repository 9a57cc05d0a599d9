import type { LookupFunction } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { connectTcp } from '../../lib/net/sockets/tcp.ts';
import { ftpSource } from '../../lib/sources/ftp/source.ts';
import { sftpSource } from '../../lib/sources/sftp/source.ts';
import { startFtpServer } from '../support/ftp-server.ts';
import { guardWith } from '../support/guarded.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, readAll } from '../support/reading.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import { silentAddress } from '../support/silent-address.ts';

const SILENT = '127.0.0.2';
const BYTES = patternBytes(0, 100_000);
/** Less than a test waits, and more than an attempt: one after the other would be too late. */
const connectTimeoutMs = 5_000;

const leadsTo =
  (...addresses: readonly string[]): LookupFunction =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

describe('a name whose first address drops packets', () => {
  test('is read over FTP', async () => {
    await using server = await startFtpServer();
    await server.folder.put('file.bin', BYTES);
    using _silent = silentAddress(SILENT);
    await using source = ftpSource({ lookup: leadsTo(SILENT, '127.0.0.1'), connectTimeoutMs });
    const url = `ftp://${server.user}:${server.password}@two.example:${server.port}/file.bin`;
    await using probe = await source.probe({ url }, BYTES.length, call());
    expect((await readAll(probe.body)).equals(BYTES)).toBe(true);
  });

  test('is read over SFTP', async () => {
    await using server = await startSftpServer();
    await server.folder.put('file.bin', BYTES);
    using _silent = silentAddress(SILENT);
    await using source = sftpSource({ lookup: leadsTo(SILENT, '127.0.0.1'), connectTimeoutMs });
    const url = `sftp://me:sesame@two.example:${server.port}/file.bin`;
    const from = { url, hostFingerprint: server.hostKey.fingerprint };
    await using probe = await source.probe(from, BYTES.length, call());
    expect((await readAll(probe.body)).equals(BYTES)).toBe(true);
  });
});

describe('addresses', () => {
  const anywhere = () => new AbortController().signal;

  test('of two families take turns, and one that refuses makes room at once', async () => {
    const asked: string[] = [];
    using _first = silentAddress('fd00::1', () => asked.push('fd00::1'));
    using _second = silentAddress('fd00::2', () => asked.push('fd00::2'));
    await using server = await listening();
    const lookup = leadsTo('fd00::1', 'fd00::2', '127.0.0.1');
    const socket = await connectTcp({ host: 'x', port: server.port, lookup, timeoutMs: connectTimeoutMs }, anywhere());
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(asked).toEqual(['fd00::1']);
    socket.destroy();
  });

  test('that all fail end with the first failure, and those that never answer with a time-out', async () => {
    const port = await closedPort();
    const refused = connectTcp({ host: 'x', port, lookup: leadsTo('127.0.0.1', SILENT), timeoutMs: 400 }, anywhere());
    using _silent = silentAddress(SILENT);
    await expect(refused).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const both = connectTcp({ host: 'x', port, lookup: leadsTo('127.0.0.1'), timeoutMs: 400 }, anywhere());
    await expect(both).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('are each held against the guard', async () => {
    const asked: string[] = [];
    using _inner = silentAddress(SILENT, () => asked.push(SILENT));
    using _public = silentAddress('93.184.216.34', () => asked.push('93.184.216.34'));
    const { lookup } = guardWith({ 'two.example': [SILENT, '93.184.216.34'] });
    const connecting = connectTcp({ host: 'two.example', port: 1, lookup, timeoutMs: 400 }, anywhere());
    await expect(connecting).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(asked).toEqual(['93.184.216.34']);
  });
});

async function listening() {
  const server = createServer((socket) => socket.on('error', () => {}).end());
  const port = await listenOnLoopback(server);
  return { port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

async function closedPort(): Promise<number> {
  await using server = await listening();
  return server.port;
}
