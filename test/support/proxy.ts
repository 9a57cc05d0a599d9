import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { listenOnLoopback } from './loopback.ts';

export interface TestProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** `CONNECT host:port` and `GET http://…`, in order of arrival. */
  readonly requests: readonly { readonly line: string; readonly authorization: string | undefined }[];
}

export interface TestProxyOptions {
  /** `user:password` that it asks for. @default none */
  readonly credentials?: string;
  /** It answers everything with this status. */
  readonly refuseWith?: number;
  /** From which request on. @default 1 */
  readonly refuseFrom?: number;
}

/** A tiny HTTP proxy on loopback: tunnels by CONNECT, forwards absolute-form requests (RFC 9112 §3.2.2). */
export async function startProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const requests: { line: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const watch = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const refusal = (request: IncomingMessage): number | undefined => {
    const authorization = request.headers['proxy-authorization'];
    requests.push({ line: `${request.method} ${request.url}`, authorization });
    if (options.refuseWith !== undefined && requests.length >= (options.refuseFrom ?? 1)) return options.refuseWith;
    if (options.credentials === undefined) return undefined;
    const wanted = `Basic ${Buffer.from(options.credentials).toString('base64')}`;
    return authorization === wanted ? undefined : 407;
  };

  const server = createServer((request, response) => {
    const refused = refusal(request);
    if (refused === undefined) forward(request, response);
    else response.writeHead(refused, { 'content-type': 'text/html' }).end('<h1>the proxy says no</h1>');
  });
  server.on('connection', watch);
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    const refused = refusal(request);
    if (refused !== undefined) {
      client.end(`HTTP/1.1 ${refused} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const target = new URL(`http://${request.url ?? ''}`);
    const upstream = connect(Number(target.port), target.hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    watch(upstream);
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });

  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { 'proxy-authorization': _, ...headers } = request.headers;
  const upstream = httpRequest(request.url ?? '', { headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  response.on('close', () => upstream.destroy());
  upstream.end();
}
