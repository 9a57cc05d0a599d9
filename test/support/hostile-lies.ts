import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Handler } from './origin.ts';
import type { Resource } from './origin-resource.ts';
import { sendResource } from './origin-resource.ts';

/** What a server does, by the number of the request, counted from 1. */
export function byRequest(choose: (number: number) => Resource | Handler): Handler {
  let number = 0;
  return (request, response, logged) => {
    number += 1;
    const what = choose(number);
    return typeof what === 'function' ? what(request, response, logged) : sendResource(what, request, response, logged);
  };
}

/** Honest until the request of that number, and not after. */
export function from(number: number, honest: Resource | Handler, lie: Resource | Handler): Handler {
  return byRequest((current) => (current >= number ? lie : honest));
}

/** Lies to what has a `Range`, from the request of that number on, and is honest to what has none. */
export function toRanges(number: number, honest: Resource | Handler, lie: Resource | Handler): Handler {
  const lying = from(number, honest, lie);
  const plain = byRequest(() => honest);
  return (request, response, logged) =>
    (request.headers.range === undefined ? plain : lying)(request, response, logged);
}

/** Serves one request at a time, each for a moment; others meanwhile get something else. */
export function oneAtATime(honest: Resource, others: Handler): Handler {
  let isBusy = false;
  return async (request, response, logged) => {
    if (isBusy) return await others(request, response, logged);
    isBusy = true;
    response.once('close', () => {
      isBusy = false;
    });
    await sleep(30);
    await sendResource(honest, request, response, logged);
  };
}

/** The same answer without a header. */
export function without(header: string, handler: Handler): Handler {
  return (request, response, logged) => {
    const writeHead = response.writeHead.bind(response);
    response.writeHead = ((code: number, headers: Record<string, string>) => {
      const { [header]: _, ...rest } = headers;
      return writeHead(code, rest);
    }) as typeof response.writeHead;
    return handler(request, response, logged);
  };
}

/** Not honest at requests `first` to `last`, and honest again. */
export function between(first: number, last: number, honest: Resource, lie: Resource | Handler): Handler {
  return byRequest((current) => (current >= first && current <= last ? lie : honest));
}

export function status(code: number, headers: Record<string, string> = {}, body = 'no'): Handler {
  return (_request, response) => {
    response.writeHead(code, headers).end(body);
  };
}

/** A page in place of the file, as login and error pages come. */
export const HTML: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><h1>Please log in</h1>');
};

/** Whatever these characters are, straight into the connection, which is then closed. */
export function raw(text: string): Handler {
  return (_request, response) => {
    response.socket?.end(text, 'latin1');
  };
}

/** Takes the request and closes, or never answers. */
export const close: Handler = (_request, response) => void response.socket?.destroy();
export const silence: Handler = () => undefined;

/** The whole as one part of multipart/byteranges, as servers do that were asked for several ranges. */
export function multipart(bytes: Buffer): Handler {
  return (_request, response) => {
    const head = `--x\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-${bytes.length - 1}/${bytes.length}\r\n\r\n`;
    response
      .writeHead(206, { 'content-type': 'multipart/byteranges; boundary=x', etag: '"v1"' })
      .end(Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--x--\r\n')]));
  };
}

/** No length and no chunks: the end of the connection is the end of the body, as HTTP/1.0 has it. */
export function untilClosed(bytes: Buffer): Handler {
  return (_request, response) => {
    const { socket } = response;
    socket?.write('HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\nETag: "v1"\r\n\r\n');
    socket?.end(bytes);
  };
}

/** The same over TLS, cut off in between: the bytes end, and TLS has not said so. */
export function cutUnderTls(bytes: Buffer): Handler {
  return (_request, response) => {
    const { socket } = response;
    socket?.write('HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\nETag: "v1"\r\n\r\n');
    // What a TLS socket of Node's server stands on.
    const { _parent: below } = socket as unknown as { _parent: Socket };
    socket?.write(bytes, () => below.end());
  };
}

/** Writes a body of its own framing after an honest head for the range that was asked. */
export function withBody(resource: Resource, write: (response: ServerResponse, asked: Range) => void): Handler {
  return (request, response) => {
    const size = resource.size ?? 0;
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(first);
    const end = last === '' ? size : Math.min(Number(last) + 1, size);
    write(response, { start, end, headers: { etag: '"v1"', 'content-range': `bytes ${start}-${end - 1}/${size}` } });
  };
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly headers: Readonly<Record<string, string>>;
}
