import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoreServers } from './hostile-store-row.ts';
import type { S3Request } from './s3-double/http.ts';

type Answer = (response: ServerResponse, request: S3Request) => void;

/** More than is read of any answer, and than the system holds on the way. */
const ENDLESS_BYTES = 64 * 1024 ** 2;
/** What may be on the way on loopback when the reader hangs up. */
export const MOST_SENT_BYTES = 24 * 1024 ** 2;

/** For all requests of an operation, or some. */
export function always(
  { store }: StoreServers,
  operation: string,
  answer: Answer,
  when: { readonly skip?: number; readonly times?: number } = {},
): void {
  store.fail({ operation, times: Number.POSITIVE_INFINITY, ...when, what: { kind: 'lie', answer } });
}

export function says(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
}

/** As much as the reader takes, up to `ENDLESS_BYTES`. */
export function endless({ sent }: StoreServers, status: number): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    const block = Buffer.alloc(256 * 1024, ' ');
    const write = (left: number): void => {
      if (response.destroyed || left === 0) return void response.end();
      const goesOn = response.write(block, () => {
        sent.bytes += block.length;
      });
      if (goesOn) setImmediate(write, left - block.length);
      else response.once('drain', () => write(left - block.length));
    };
    write(ENDLESS_BYTES);
  };
}

/** A byte every 20 ms, for at most 20 s. */
async function dripInto(response: ServerResponse, { sent }: StoreServers, byte: string): Promise<void> {
  for (let count = 0; count < 1000 && !response.destroyed; count += 1) {
    response.write(byte);
    sent.bytes += 1;
    await delay(20);
  }
  response.end();
}

export function dripping(servers: StoreServers, status: number): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    void dripInto(response, servers, ' ');
  };
}

/** The head itself, a byte every 20 ms, for at most 20 s. */
export function drippingHead({ sent }: StoreServers): Answer {
  return async ({ socket }) => {
    socket?.write('HTTP/1.1 200 OK\r\nx-slow: ');
    for (let count = 0; count < 1000 && socket?.destroyed === false; count += 1) {
      socket.write('x');
      sent.bytes += 1;
      await delay(20);
    }
    socket?.destroy();
  };
}

/** Headers without end: 1 MiB of them. */
export const endlessHead: Answer = ({ socket }) => {
  socket?.write('HTTP/1.1 200 OK\r\n');
  socket?.end(`x-more: ${'x'.repeat(1000)}\r\n`.repeat(1000));
};

export const nested = `<?xml version="1.0"?>${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`;

/** Ten to the ninth, for a parser that believes it. */
export const LAUGHS = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">${Array.from(
  { length: 9 },
  (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`,
).join('')}]><Error><Code>AccessDenied</Code><Message>&l9;</Message></Error>`;

export const DOCUMENT_TYPES = `${'<!DOCTYPE a>'.repeat(80_000)}<Error><Code>AccessDenied</Code></Error>`;

export const PAGE = '<!doctype html><html><h1>Please log in</h1></html>';

export const errorOf = (code: string, message = code): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
