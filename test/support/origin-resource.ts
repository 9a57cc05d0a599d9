import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteRange } from '../../lib/values/ranges.ts';
import { rangeLength } from '../../lib/values/ranges.ts';
import { patternBytes } from './pattern.ts';

/** A file of the scripted origin: what it holds, what it says of itself, and how it misbehaves. */
export interface Resource {
  /** Of pattern bytes, unless `bytes` are given. */
  readonly size?: number;
  readonly seed?: number;
  readonly bytes?: Uint8Array;
  /** @default '"v1"'; null = none */
  readonly etag?: string | null;
  readonly lastModified?: string;
  readonly headers?: Readonly<Record<string, string>>;

  /** No Content-Length. */
  readonly chunked?: boolean;
  /** 200 with everything, whatever was asked. */
  readonly ignoreRange?: boolean;
  /** 200 with everything as soon as there is an If-Range, even a right one. */
  readonly wholeOnIfRange?: boolean;
  /** In place of the true Content-Range; null = none. */
  readonly contentRange?: (range: ByteRange, size: number) => string | null;
  /** Other bytes than those that were asked for. */
  readonly shiftRange?: (range: ByteRange) => ByteRange;
  /** This many bytes fewer than promised (then the connection is closed), or, chunked only, more than promised. */
  readonly excessBytes?: number;
  /** The connection is closed after so many bytes of the body. */
  readonly endAfterBytes?: number;
  readonly stallAfterBytes?: number;
  /** The connection is reset (RST). */
  readonly resetAfterBytes?: number;
  /** Of one connection. */
  readonly bytesPerSecond?: number;
  /** The first so many requests get another status. */
  readonly refuse?: { readonly times: number; readonly status: number; readonly headers?: Record<string, string> };
}

interface Sent {
  bytesSent: number;
}

const refusals = new WeakMap<Resource, number>();

export async function sendResource(
  resource: Resource,
  request: IncomingMessage,
  response: ServerResponse,
  logged: Sent,
): Promise<void> {
  const refused = refusals.get(resource) ?? 0;
  if (resource.refuse !== undefined && refused < resource.refuse.times) {
    refusals.set(resource, refused + 1);
    response.writeHead(resource.refuse.status, resource.refuse.headers).end('not now');
    return;
  }
  const size = sizeOf(resource);
  const range = wantedRange(resource, request, size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-type': 'text/html' }).end('<h1>416</h1>');
    return;
  }
  const body = resource.shiftRange?.(range ?? { start: 0, end: size }) ?? range ?? { start: 0, end: size };
  response.writeHead(range === undefined ? 200 : 206, headersOf(resource, range, body, size));
  await sendBody(resource, body, response, logged);
}

function headersOf(
  resource: Resource,
  range: ByteRange | undefined,
  body: ByteRange,
  size: number,
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/octet-stream', ...resource.headers };
  if (resource.etag !== null) headers['etag'] = resource.etag ?? '"v1"';
  if (resource.lastModified !== undefined) headers['last-modified'] = resource.lastModified;
  if (resource.chunked !== true) headers['content-length'] = String(rangeLength(body));
  if (range !== undefined) {
    const stated = resource.contentRange?.(range, size);
    if (stated !== null) {
      headers['content-range'] = stated ?? `bytes ${range.start}-${range.end - 1}/${size}`;
    }
  }
  return headers;
}

/** `undefined` = the whole, as a 200. RFC 9110 §14.2, §13.1.5. */
function wantedRange(
  resource: Resource,
  request: IncomingMessage,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined || resource.ignoreRange === true) return undefined;
  const ifRange = request.headers['if-range']?.toString();
  if (ifRange !== undefined) {
    const etag = resource.etag === undefined ? '"v1"' : resource.etag;
    const same = ifRange.startsWith('"') ? ifRange === etag : ifRange === resource.lastModified;
    if (!same || resource.wholeOnIfRange === true) return undefined;
  }
  const start = Number(first);
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === undefined || last === '' ? size : Math.min(Number(last) + 1, size) };
}

async function sendBody(resource: Resource, body: ByteRange, response: ServerResponse, logged: Sent): Promise<void> {
  const { socket } = response;
  const end = Math.min(
    body.end + (resource.excessBytes ?? 0),
    body.start + (resource.endAfterBytes ?? Number.POSITIVE_INFINITY),
  );
  const stallAt = body.start + (resource.stallAfterBytes ?? Number.POSITIVE_INFINITY);
  const resetAt = body.start + (resource.resetAfterBytes ?? Number.POSITIVE_INFINITY);
  const stopAt = Math.min(end, stallAt, resetAt);
  const { bytesPerSecond } = resource;
  const step = bytesPerSecond === undefined ? 64 * 1024 : Math.max(1, Math.ceil(bytesPerSecond / 50));
  for (let at = body.start; at < stopAt && !response.closed; at += step) {
    const chunk = bytesOf(resource, { start: at, end: Math.min(at + step, stopAt) });
    logged.bytesSent += chunk.length;
    if (!response.write(chunk)) await drained(response);
    if (bytesPerSecond !== undefined) await sleep((chunk.length / bytesPerSecond) * 1000);
  }
  if (stopAt === resetAt) return reset(response, socket);
  if (stopAt === stallAt && stopAt < end) return flush(response);
  if (end < body.end) socket?.end();
  else response.end();
}

/** An answer on its way out is not there yet: RST overtakes what is still in this process. */
async function reset(response: ServerResponse, socket: Socket | null): Promise<void> {
  response.flushHeaders();
  if (socket?.writableNeedDrain === true) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  await sleep(20);
  socket?.resetAndDestroy();
}

function flush(response: ServerResponse): void {
  response.flushHeaders();
}

async function drained(response: ServerResponse): Promise<void> {
  if (response.closed || response.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

function sizeOf(resource: Resource): number {
  return resource.bytes?.length ?? resource.size ?? 0;
}

function bytesOf(resource: Resource, range: ByteRange): Uint8Array {
  return (
    resource.bytes?.subarray(range.start, range.end) ?? patternBytes(range.start, rangeLength(range), resource.seed)
  );
}
