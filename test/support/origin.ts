import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Certificate } from './certificates.ts';
import { listenOnLoopback } from './loopback.ts';
import type { Resource } from './origin-resource.ts';
import { sendResource } from './origin-resource.ts';

interface LoggedRequest {
  readonly method: string;
  /** As it stood in the request line. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests on one connection have the same number. */
  readonly connection: number;
  status: number;
  /** Of the body. */
  bytesSent: number;
}

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  logged: LoggedRequest,
) => void | Promise<void>;

export interface Origin extends AsyncDisposable {
  /** `https://localhost:port` or `http://127.0.0.1:port`. */
  readonly base: string;
  readonly port: number;
  /** In order of arrival. */
  readonly requests: readonly LoggedRequest[];
  readonly connections: number;
  /** Puts something at a path (in place of what is there) and returns its URL. */
  serve(path: string, what: Resource | Handler): string;
  remove(path: string): void;
  /** Cuts every open connection, as a server does with idle ones. */
  cutConnections(): void;
}

/** What speaks another protocol is sent away. */
const HANDSHAKE_MS = 5_000;

/** A scripted HTTP(S) server on loopback, on a port of the system's choice. */
export async function startOrigin(options: { readonly tls?: Certificate } = {}): Promise<Origin> {
  const routes = new Map<string, Resource | Handler>();
  const requests: LoggedRequest[] = [];
  const sockets = new Map<Socket, number>();
  let connections = 0;

  const listener: RequestListener = (request, response) => {
    const logged: LoggedRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      connection: sockets.get(request.socket) ?? 0,
      status: 0,
      bytesSent: 0,
    };
    requests.push(logged);
    response.on('error', () => undefined);
    response.on('close', () => {
      logged.status = response.statusCode;
    });
    const what = routes.get(new URL(request.url ?? '/', 'http://origin').pathname);
    void answer(what, request, response, logged).catch((error: unknown) => response.destroy(error as Error));
  };

  const server =
    options.tls === undefined
      ? createServer(listener)
      : createTlsServer({ cert: options.tls.cert, key: options.tls.key, handshakeTimeout: HANDSHAKE_MS }, listener);
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    connections += 1;
    sockets.set(socket, connections);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listenOnLoopback(server);
  const base = options.tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  const cutConnections = (): void => {
    for (const socket of sockets.keys()) socket.destroy();
  };

  return {
    base,
    port,
    requests,
    get connections() {
      return connections;
    },
    serve(path, what) {
      routes.set(new URL(path, base).pathname, what);
      return `${base}${path}`;
    },
    remove: (path) => void routes.delete(path),
    cutConnections,
    async [Symbol.asyncDispose]() {
      cutConnections();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with a redirect; the location may be anything. */
export function redirect(location: string, status = 302): Handler {
  return (_request, response) => {
    response.writeHead(status, { location }).end('moved');
  };
}

async function answer(
  what: Resource | Handler | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  logged: LoggedRequest,
): Promise<void> {
  if (what === undefined) {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>not found</h1>');
  } else if (request.method !== 'GET') {
    response.writeHead(405).end();
  } else if (typeof what === 'function') {
    await what(request, response, logged);
  } else {
    await sendResource(what, request, response, logged);
  }
}
