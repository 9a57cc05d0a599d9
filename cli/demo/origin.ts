import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededBytes } from './seeded-bytes.ts';

export interface DemoOriginOptions {
  readonly seed: string;
  readonly sizeBytes: number;
  /** Of each connection: what makes many of them worth while. */
  readonly bytesPerSecond: number;
}

export interface DemoOrigin {
  readonly url: string;
  /** Body bytes sent so far, including those that no client took. */
  readonly bytesSent: () => number;
}

const CHUNK_BYTES = 64 * 1024;
const PATH = '/demo.bin';

/** A small file server on loopback: ranges, a strong ETag, and a speed limit for each connection. */
export async function startDemoOrigin(options: DemoOriginOptions): Promise<DemoOrigin> {
  let bytesSent = 0;
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(request, response).catch(() => response.destroy());
  });
  // When each connection may send again.
  const freeAt = new WeakMap<Socket, number>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const etag = `"${options.seed}"`;
    if (request.method !== 'GET' || request.url !== PATH) {
      response.writeHead(404).end();
      return;
    }
    const whole = { start: 0, end: options.sizeBytes };
    const ifRange = request.headers['if-range'];
    const asked =
      ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, options.sizeBytes) : whole;
    const { start, end } = asked;
    response.writeHead(asked === whole ? 200 : 206, {
      'accept-ranges': 'bytes',
      'content-length': end - start,
      'content-type': 'application/octet-stream',
      etag,
      ...(asked === whole ? {} : { 'content-range': `bytes ${start}-${end - 1}/${options.sizeBytes}` }),
    });
    for (let offset = start; offset < end && !response.destroyed; offset += CHUNK_BYTES) {
      await turn(request.socket);
      const chunk = seededBytes(options.seed, offset, Math.min(CHUNK_BYTES, end - offset));
      bytesSent += chunk.length;
      if (!response.write(chunk)) await takenOrClosed(response);
    }
    response.end();
  }

  async function turn(socket: Socket): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, freeAt.get(socket) ?? now);
    freeAt.set(socket, at + (CHUNK_BYTES * 1000) / options.bytesPerSecond);
    if (at > now) await sleep(at - now);
  }

  function parseRange(header: string | undefined, size: number): { readonly start: number; readonly end: number } {
    const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
    if (match === null || Number(match[1]) >= size) return { start: 0, end: size };
    return { start: Number(match[1]), end: match[2] === '' ? size : Math.min(Number(match[2]) + 1, size) };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${PATH}`, bytesSent: () => bytesSent };
}

/** `once` for two events would leave a listener behind each time. */
function takenOrClosed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
