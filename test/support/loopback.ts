import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** Of `node:net` and what is built on it. */
interface Listener extends EventEmitter {
  listen(port: number, host: string): unknown;
  address(): AddressInfo | string | null;
}

/** Begins to listen on 127.0.0.1, on a port that the system chooses. */
export async function listenOnLoopback(server: Listener): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A port that was free a moment ago. Who starts a server on it tries again when it was taken meanwhile. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  server.close();
  await once(server, 'close');
  return port;
}
