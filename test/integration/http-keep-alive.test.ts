import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { httpSource } from '../../lib/sources/http/source.ts';
import type { Source } from '../../lib/sources/source.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

const SIZE = 300_000;
const BYTES = patternBytes(0, SIZE);
const RANGE = { start: 1_000, end: 201_000 };
const extras: (() => unknown)[] = [];
async function turns(): Promise<void> {
  for (let count = 0; count < 10; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(async () => {
  for (const extra of extras.splice(0).reverse()) await extra();
});

type Reply = (socket: Socket, range: string, body: Buffer) => void;

const honest = (socket: Socket, range: string, body: Buffer, headers = '', after = ''): void => {
  socket.write(
    `HTTP/1.1 206 Partial Content\r\nETag: "v1"\r\nContent-Range: bytes ${range}/${SIZE}\r\nContent-Length: ${body.length}\r\n${headers}\r\n`,
  );
  socket.write(body);
  if (after !== '') socket.write(after);
};

/** A server of raw answers, by the number of the request. It says which connection each came over. */
async function server(reply: (number: number) => Reply, options: { connections?: number } = {}) {
  const over: number[] = [];
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    const connection = sockets.size;
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const [, first = '0', last = '0'] = /range: bytes=(\d+)-(\d+)/i.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 4);
        over.push(connection);
        reply(over.length)(socket, `${first}-${last}`, BYTES.subarray(Number(first), Number(last) + 1));
      }
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const source = httpSource(options);
  extras.push(
    () => new Promise((resolve) => listener.close(resolve)),
    () => {
      for (const socket of sockets) socket.destroy();
    },
    () => source[Symbol.asyncDispose](),
  );
  const { port } = listener.address() as AddressInfo;
  return { over, source, from: { url: `http://127.0.0.1:${port}/file.bin` }, sockets };
}

async function snapshotOf(source: Source, from: { url: string }) {
  await using probe = await source.probe(from, 1000, call());
  return probe.snapshot;
}

describe('a connection is used again', () => {
  it('for the next piece', async () => {
    const { over, source, from } = await server(() => honest);
    const snapshot = await snapshotOf(source, from);
    for (let count = 0; count < 3; count += 1) {
      const body = await readAll(await source.open(from, snapshot, RANGE, call()));
      expect(body.equals(BYTES.subarray(RANGE.start, RANGE.end))).toBe(true);
    }
    expect(over).toEqual([1, 1, 1, 1]);
  });

  it('after chunks, wherever they are cut', async () => {
    const chunked: Reply = (socket, range, body) => {
      const half = body.length >> 1;
      const parts = [body.subarray(0, half), body.subarray(half)].map((part) => [
        Buffer.from(`${part.length.toString(16)};x=y\r\n`),
        part,
        Buffer.from('\r\n'),
      ]);
      const head = `HTTP/1.1 206 Partial Content\r\nETag: "v1"\r\nContent-Range: bytes ${range}/${SIZE}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const whole = Buffer.concat([Buffer.from(head), ...parts.flat(), Buffer.from('0\r\nTrailer: v\r\n\r\n')]);
      socket.setNoDelay(true);
      for (let at = 0; at < whole.length; at += 7_919) socket.write(whole.subarray(at, at + 7_919));
    };
    const { over, source, from } = await server(() => chunked);
    const snapshot = await snapshotOf(source, from);
    for (const windowBytes of [777, 1_000_000]) {
      const body = await readAll(await source.open(from, snapshot, RANGE, call()), windowBytes);
      expect(body.equals(BYTES.subarray(RANGE.start, RANGE.end))).toBe(true);
    }
    expect(over).toEqual([1, 1, 1]);
  });
});

describe('a connection is not used again', () => {
  it.each([
    ['that the server will close', 'Connection: close\r\n', ''],
    ['that the server keeps no longer than a second', 'Keep-Alive: timeout=1\r\n', ''],
    ['on which something followed the body', '', 'x'],
    ['on which another answer followed the body', '', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('%s', async (_what, headers, after) => {
    const { over, source, from } = await server(
      () => (socket, range, body) => honest(socket, range, body, headers, after),
    );
    const snapshot = await snapshotOf(source, from);
    const body = await readAll(await source.open(from, snapshot, RANGE, call()));
    expect(body.equals(BYTES.subarray(RANGE.start, RANGE.end))).toBe(true);
    expect(over).toEqual([1, 2]);
  });

  it('on which something came while it was idle', async () => {
    const { over, source, from, sockets } = await server(() => honest);
    const snapshot = await snapshotOf(source, from);
    for (const socket of sockets) socket.write('HTTP/1.1 206 Partial Content\r\n');
    await turns();
    await readAll(await source.open(from, snapshot, RANGE, call()));
    expect(over).toEqual([1, 2]);
  });

  it('that was closed unseen; then it is asked once more on a new one', async () => {
    const { over, source, from, sockets } = await server(() => honest);
    const snapshot = await snapshotOf(source, from);
    for (const socket of sockets) socket.destroy();
    const body = await readAll(await source.open(from, snapshot, RANGE, call()));
    expect(body.equals(BYTES.subarray(RANGE.start, RANGE.end))).toBe(true);
    expect(over).toEqual([1, 2]);
  });

  it('whose piece was given up in the middle', async () => {
    const { over, source, from } = await server(() => honest);
    const snapshot = await snapshotOf(source, from);
    const reader = await source.open(from, snapshot, RANGE, call());
    await reader.read(new Uint8Array(10));
    await reader[Symbol.asyncDispose]();
    await readAll(await source.open(from, snapshot, RANGE, call()));
    expect(over).toEqual([1, 1, 2]);
  });
});

describe('a piece that was given up', () => {
  it('has nothing written into its window any more', async () => {
    let held: Socket | undefined;
    const partly: Reply = (socket, range, body) => {
      held = socket;
      socket.write(
        `HTTP/1.1 206 Partial Content\r\nETag: "v1"\r\nContent-Range: bytes ${range}/${SIZE}\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      socket.write(body.subarray(0, 50_000));
    };
    const { source, from } = await server((number) => (number === 1 ? honest : partly));
    const snapshot = await snapshotOf(source, from);
    const stop = new AbortController();
    const reader = await source.open(from, snapshot, RANGE, call(stop.signal));
    const window = new Uint8Array(RANGE.end - RANGE.start);
    let filled = 0;
    while (filled < 16_000) filled += await reader.read(window.subarray(filled));
    const pending = reader.read(window.subarray(filled));
    stop.abort(new Error('overtaken'));
    const then = Buffer.from(window);
    await expect(pending).rejects.toBe(stop.signal.reason);
    held?.write(BYTES.subarray(51_000, RANGE.end));
    await turns();
    expect(Buffer.from(window).equals(then)).toBe(true);
    await expect(reader.read(window)).rejects.toBe(stop.signal.reason);
    await reader[Symbol.asyncDispose]();
  });
});

describe('connections to one origin', () => {
  it('wait for each other where they are limited, and who gives up lets the next one go', async () => {
    const waiting: (() => void)[] = [];
    const { over, source, from } = await server(
      (number) => (socket, range, body) =>
        number === 1 ? honest(socket, range, body) : void waiting.push(() => honest(socket, range, body)),
      { connections: 1 },
    );
    const snapshot = await snapshotOf(source, from);
    const first = source.open(from, snapshot, RANGE, call());
    const stop = new AbortController();
    const second = source.open(from, snapshot, RANGE, call(stop.signal));
    const third = source.open(from, snapshot, RANGE, call());
    stop.abort(new Error('given up'));
    await expect(second).rejects.toBe(stop.signal.reason);
    while (waiting.length < 1) await turns();
    waiting.shift()?.();
    await readAll(await first);
    while (waiting.length < 1) await turns();
    waiting.shift()?.();
    await readAll(await third);
    expect(over).toEqual([1, 1, 1]);
  });

  it('end with the source, those that wait too', async () => {
    const { source, from } = await server((number) => (number === 1 ? honest : () => undefined), { connections: 1 });
    const snapshot = await snapshotOf(source, from);
    const asked = [1, 2].map(() => failureOf(source.open(from, snapshot, RANGE, call()), 'Interrupted'));
    await turns();
    await source[Symbol.asyncDispose]();
    await Promise.all(asked);
    await failureOf(source.probe(from, 1000, call()), 'Interrupted');
  });
});
