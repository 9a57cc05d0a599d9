import type { OnReadOpts, Socket } from 'node:net';
import type { Client } from 'ssh2';
import { givePackets } from './whole-packets.ts';

/** As much as one read takes, of all connections: each is through with it before the next one reads. */
const READ_BYTES = 256 * 1024;

/** Of a packet, around what a channel gives of it: kind, channel, lengths and padding (RFC 4253 §6, RFC 4254 §5.2). */
const MOST_AROUND_BYTES = 300;

/** Less is not worth it. */
const LEAST_FREED_BYTES = 16 * 1024;

export interface SshInput {
  /** For the socket, when it is made. */
  readonly onread: OnReadOpts;
  /** That socket: from now on it emits what comes. */
  from(socket: Socket): void;
  /** What a channel gave is not looked at any more: frees its memory, if that is known to be used for nothing else. */
  letGo(bytes: Uint8Array): void;
}

let memory: Buffer | undefined;

/**
 * What a connection brings, from the kernel into memory that is used again and again: a new block for each read would
 * be as much garbage as there are bytes, and cost more than deciphering them. Until ssh2 has a decipher that is known
 * to keep nothing, it gets a copy.
 */
export function sshInput(client: Client): SshInput {
  let socket: Socket | undefined;
  let keepsNothing = false;
  let isPlain = false;
  // At first, and whenever the two sides have agreed on new keys.
  client.on('handshake', ({ sc }) => {
    keepsNothing = givePackets(Reflect.get(Object(Reflect.get(client, '_protocol')), '_decipher'));
    isPlain = sc.compress === 'none';
  });
  memory ??= Buffer.allocUnsafeSlow(READ_BYTES);
  return {
    onread: {
      buffer: memory,
      callback(length, into) {
        const bytes = Buffer.from(into.buffer, into.byteOffset, length);
        socket?.emit('data', keepsNothing ? bytes : Buffer.from(bytes));
        return true;
      },
    },
    from(opened) {
      socket = opened;
    },
    letGo({ buffer, length }) {
      // Of one packet that was deciphered, and not of the pool that small buffers share.
      const isOwn =
        length >= LEAST_FREED_BYTES &&
        buffer.byteLength - length <= MOST_AROUND_BYTES &&
        buffer.byteLength !== Buffer.poolSize;
      if (keepsNothing && isPlain && isOwn && buffer instanceof ArrayBuffer) buffer.transfer(0);
    },
  };
}
