import type { Socket } from 'node:net';

/**
 * From now on, what is written to the socket in one turn goes to the kernel together: for protocols whose library hands
 * over a message in several parts, each of which would be a packet of its own that wakes the other side.
 */
export function writeTogether(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const uncork = () => socket.uncork();
  socket.write = (...args: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...args);
  };
}
