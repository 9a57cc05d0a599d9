import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { listenOnLoopback } from './loopback.ts';

/** Stands on loopback before a server, and counts who comes. */
export interface CountingRelay extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
  readonly refused: number;
}

export interface RelayOptions {
  /** So many at a time; the others get this line, and are cut off. @default no limit */
  readonly most?: number;
  readonly refusal?: string;
}

export async function startRelay(to: number, options: RelayOptions = {}): Promise<CountingRelay> {
  const { most = Number.POSITIVE_INFINITY, refusal = '' } = options;
  let open = 0;
  let refused = 0;
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections += 1;
    if (open >= most) {
      refused += 1;
      near.on('error', () => {});
      near.write(refusal, () => near.destroy());
      return;
    }
    open += 1;
    near.once('close', () => {
      open -= 1;
    });
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
    get refused() {
      return refused;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
