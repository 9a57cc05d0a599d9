import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { listenOnLoopback } from './loopback.ts';

/** Stands on loopback before a server, and counts who comes. */
export interface CountingRelay extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
}

export async function startRelay(to: number): Promise<CountingRelay> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections += 1;
    const far = connect({ host: '127.0.0.1', port: to });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    near.pipe(far).pipe(near);
  });
  const port = await listenOnLoopback(server);
  return {
    port,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
