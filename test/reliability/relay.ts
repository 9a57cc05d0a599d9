import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A wire to a server on loopback that can be cut and mended: while it is cut nothing listens at its port. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** That went through it, both ways. */
  readonly bytes: number;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** @param toPort asked for at each connection: the server may start later. */
export async function startRelay(toPort: () => number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  let bytes = 0;

  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
  };

  async function mend(): Promise<void> {
    server = createServer((client) => {
      const upstream = connect(toPort(), '127.0.0.1');
      hold(client);
      hold(upstream);
      client.pipe(upstream).pipe(client);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }

  async function cut(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  }

  await mend();
  return {
    get port() {
      return port;
    },
    get bytes() {
      return bytes;
    },
    cut,
    mend,
    [Symbol.asyncDispose]: cut,
  };
}
