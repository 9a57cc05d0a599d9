import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { contextWith } from '../../lib/net/sockets/authorities.ts';
import { PullSocket } from '../../lib/net/sockets/pull-socket.ts';
import { tlsOptionsOf } from '../../lib/net/sockets/tls.ts';
import { createAuthority } from '../support/certificates.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { patternBytes } from '../support/pattern.ts';

const MIB = 1024 ** 2;
const authority = createAuthority();
const leaf = authority.issue();
const secureContext = contextWith(authority.cert);
const opened: { close(): void }[] = [];
const turn = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  for (const thing of opened.splice(0).reverse()) thing.close();
});

/** A connection of each kind to a server that does this with it. */
async function connected(
  kind: 'TCP' | 'TLS' | 'TLS, its end proved',
  serve: (socket: Socket) => void = () => undefined,
): Promise<{ readonly pull: PullSocket; readonly server: Socket }> {
  const accepted = Promise.withResolvers<Socket>();
  const listener = (socket: Socket) => {
    socket.on('error', () => undefined);
    opened.push({ close: () => socket.destroy() });
    serve(socket);
    accepted.resolve(socket);
  };
  const server =
    kind === 'TCP' ? createServer(listener) : createTlsServer({ cert: leaf.cert, key: leaf.key }, listener);
  const port = await listenOnLoopback(server);
  opened.push(server);
  const provesEnd = kind === 'TLS, its end proved';
  const tls = { options: tlsOptionsOf({ host: 'localhost', secureContext }), waitForHandshake: true, provesEnd };
  const target = { host: '127.0.0.1', port, timeoutMs: 10_000, ...(kind === 'TCP' ? {} : { tls }) };
  const pull = await PullSocket.open(target, new AbortController().signal);
  opened.push(pull);
  return { pull, server: await accepted.promise };
}

async function readWhole(pull: PullSocket, windowBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const window = new Uint8Array(windowBytes);
  for (let got = await pull.read(window); got > 0; got = await pull.read(window)) {
    parts.push(Buffer.from(window.subarray(0, got)));
  }
  return Buffer.concat(parts);
}

describe.each(['TCP', 'TLS', 'TLS, its end proved'] as const)('a connection that is read on demand (%s)', (kind) => {
  it.each([1_000, 16_384, 100_000, 8 * MIB])('gives all bytes in order through memory of %i', async (windowBytes) => {
    const bytes = patternBytes(0, windowBytes === 1_000 ? 300_000 : 5 * MIB + 123);
    const { pull } = await connected(kind, (socket) => void socket.end(bytes));
    expect((await readWhole(pull, windowBytes)).equals(bytes)).toBe(true);
    expect(await pull.read(new Uint8Array(1))).toBe(0);
  });

  it('writes into nobody’s memory when it is closed, however much has come already', async () => {
    const { pull } = await connected(kind, (socket) => void socket.write(patternBytes(0, 4 * MIB)));
    const window = new Uint8Array(2 * MIB);
    // Within the very moment in which the bytes land: with TLS more records of the same packet are still to come.
    expect(await pull.read(window.subarray(0, 16 * 1024))).toBeGreaterThan(0);
    const pending = pull.read(window);
    pull.close(new Error('no more'));
    const then = Buffer.from(window);
    await expect(pending).rejects.toThrow('no more');
    for (let count = 0; count < 20; count += 1) await turn();
    expect(Buffer.from(window).equals(then)).toBe(true);
    await expect(pull.read(window)).rejects.toThrow('no more');
    await expect(pull.peek()).rejects.toThrow('no more');
  });

  it('writes no late bytes into memory of which a part has been filled', async () => {
    const { pull, server } = await connected(kind, (socket) => void socket.write(patternBytes(0, 40_000)));
    const window = new Uint8Array(MIB);
    // Less than is enough: it waits for more.
    const pending = pull.read(window);
    while (window.every((byte) => byte === 0)) await turn();
    const closing = new Error('overtaken');
    pull.close(closing);
    const then = Buffer.from(window);
    // It may have been given what had come before.
    const outcome = await pending.catch((error: unknown) => error);
    expect(outcome === closing || typeof outcome === 'number').toBe(true);
    server.write(patternBytes(40_000, 500_000));
    for (let count = 0; count < 20; count += 1) await turn();
    expect(Buffer.from(window).equals(then)).toBe(true);
  });

  it('leaves alone what was read before, whatever comes after', async () => {
    const bytes = patternBytes(0, 3 * MIB);
    const { pull } = await connected(kind, (socket) => void socket.end(bytes));
    const first = new Uint8Array(100_000);
    let filled = 0;
    while (filled < 50_000) filled += await pull.read(first.subarray(filled, 50_000));
    const rest = await readWhole(pull, 70_001);
    expect(Buffer.from(first.subarray(0, 50_000)).equals(bytes.subarray(0, 50_000))).toBe(true);
    expect(first.subarray(50_000).every((byte) => byte === 0)).toBe(true);
    expect(rest.equals(bytes.subarray(50_000))).toBe(true);
  });

  it.runIf(kind === 'TLS')('gives together the records that came in one go', async () => {
    const bytes = patternBytes(0, 40_000);
    const { pull } = await connected(kind, (socket) => void socket.write(bytes));
    const into = new Uint8Array(bytes.length);
    let filled = await pull.read(into.subarray(0, 1_000));
    for (let count = 0; count < 20; count += 1) await turn();
    const got = await pull.read(into.subarray(filled));
    // A record has 16 KiB at most.
    expect(got).toBeGreaterThan(17 * 1024);
    filled += got;
    while (filled < bytes.length) filled += await pull.read(into.subarray(filled));
    expect(Buffer.from(into).equals(bytes)).toBe(true);
  });

  it('shows what comes next without taking it', async () => {
    const { pull } = await connected(kind, (socket) => void socket.once('data', () => socket.end('abcdef')));
    pull.write('now');
    expect(Buffer.from(await pull.peek()).toString()).toBe('abcdef');
    pull.skip(2);
    const into = new Uint8Array(3);
    expect(await pull.read(into)).toBe(3);
    expect(Buffer.from(into).toString()).toBe('cde');
    expect(Buffer.from(await pull.peek()).toString()).toBe('f');
    pull.skip(1);
    expect(await pull.peek()).toHaveLength(0);
  });

  it('is closed when nothing comes for too long', async () => {
    const { pull } = await connected(kind, (socket) => void socket.write('a'));
    const into = new Uint8Array(1);
    expect(await pull.read(into, 10_000)).toBe(1);
    await expect(pull.read(into, 20)).rejects.toMatchObject({ code: 'SILENT' });
    expect(pull.isOpen).toBe(false);
  });

  it('tells, while it rests, that something came, or its end', async () => {
    const { pull, server } = await connected(kind);
    const stirred = new Promise<void>((resolve) => pull.rest(resolve));
    server.write('x');
    await stirred;
    const ended = new Promise<void>((resolve) => {
      void pull.read(new Uint8Array(1)).then(() => pull.rest(resolve));
    });
    server.end();
    await ended;
    expect(pull.isOpen).toBe(false);
  });

  it('leaves with its sender what nobody asks for', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(256 * 1024);
    const { pull } = await connected(kind, (socket) => {
      const more = (): void => {
        while (sent < 400 * MIB && socket.write(chunk)) sent += chunk.length;
        socket.once('drain', more);
      };
      more();
    });
    expect(await pull.read(new Uint8Array(1))).toBe(1);
    for (let before = -1, quiet = 0; quiet < 5; quiet += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (sent !== before) quiet = 0;
      before = sent;
    }
    // What fits into the buffers of two kernels' sockets, and not more.
    expect(sent).toBeLessThan(100 * MIB);
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('the end of a connection (%s)', (maxVersion) => {
  /** Bytes, and then an end that TLS announces, or one that it does not. */
  async function ending(bytes: Buffer, how: 'closed' | 'cut' | 'cut in a record', provesEnd: boolean) {
    const server = createTlsServer({ cert: leaf.cert, key: leaf.key, maxVersion });
    const below: Socket[] = [];
    server.on('connection', (socket: Socket) => void below.push(socket));
    server.on('secureConnection', (socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          if (how === 'closed') return void socket.end(bytes);
          socket.write(bytes, () => {
            // The header of a record of application data whose bytes never come.
            if (how === 'cut in a record') below[0]?.write(Buffer.from([23, 3, 3, 64, 0, 1]));
            below[0]?.end();
          });
        });
    });
    const port = await listenOnLoopback(server);
    opened.push(server, { close: () => below.map((socket) => socket.destroy()) });
    const tls = { options: tlsOptionsOf({ host: 'localhost', secureContext }), waitForHandshake: true, provesEnd };
    const target = { host: '127.0.0.1', port, timeoutMs: 10_000, tls };
    const pull = await PullSocket.open(target, new AbortController().signal);
    opened.push(pull);
    // A server of Node that ends in the moment of the handshake announces nothing.
    pull.write('now');
    return await readWhole(pull, 100_000);
  }

  // Two bytes make a record as short as an alert.
  const SIZES = [0, 1, 2, 3, 30, 16_384, 300_000];

  it.each(SIZES)('that TLS announces after %i bytes is one', async (size) => {
    const bytes = patternBytes(0, size);
    expect((await ending(bytes, 'closed', true)).equals(bytes)).toBe(true);
  });

  it.each(SIZES)('that only came after %i bytes is a failure', async (size) => {
    await expect(ending(patternBytes(0, size), 'cut', true)).rejects.toMatchObject({ code: 'CLOSED_EARLY' });
    await expect(ending(patternBytes(0, size), 'cut in a record', true)).rejects.toMatchObject({
      code: 'CLOSED_EARLY',
    });
  });

  it('is not told apart where it is not asked for', async () => {
    expect(await ending(patternBytes(0, 30), 'cut', false)).toHaveLength(30);
  });
});
