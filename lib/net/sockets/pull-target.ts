import type { LookupFunction, Socket } from 'node:net';
import { connect as connectPlain } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect as connectSecure } from 'node:tls';
import { fault } from '../errors/fault.ts';
import { TlsRecords } from './tls-records.ts';

export interface PullTarget {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly lookup?: LookupFunction | undefined;
  /** For resolution, TCP and whatever of TLS is waited for, together. */
  readonly timeoutMs: number;
  /** Absent = no TLS. */
  readonly tls?: PullTls;
  /** An open connection to go over in place of a new one, for TLS that proves its end. @default a new one */
  readonly over?: Socket;
}

export interface PullTls {
  readonly options: ConnectionOptions;
  /** A session that later connections may go on with. */
  readonly onSession?: (session: Buffer) => void;
  /**
   * An end of the connection that TLS did not announce is a failure: for a body that ends with it. Slower.
   * @default false
   */
  readonly provesEnd?: boolean;
  /** False where the other side begins its half of the handshake only later. */
  readonly waitForHandshake: boolean;
}

/** Where Node writes what comes, and what is called with it; its answer says whether to go on reading. */
interface OnRead {
  buffer(): Uint8Array;
  callback(bytes: number, memory: Uint8Array): boolean;
}

export interface Connecting {
  readonly socket: Socket;
  /** Once it has ended: whether it may have been cut off, as far as was to be proved. */
  wasCut(): boolean;
}

/** A socket that is connecting, without a stream between it and `onread` where that can be. */
export function connectPull({ host, port, lookup, tls, over }: PullTarget, onread: OnRead): Connecting {
  const options = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    ...(lookup === undefined ? {} : { lookup }),
  };
  if (tls?.provesEnd === true) return watched(over ?? connectPlain(options), tls, onread);
  const direct = { ...options, onread };
  return { socket: tls === undefined ? connectPlain(direct) : secured(direct, tls), wasCut: () => false };
}

function secured(options: ConnectionOptions, { options: tls, onSession }: PullTls): TLSSocket {
  const socket = connectSecure({ ...tls, ...options });
  if (onSession !== undefined) socket.on('session', onSession);
  return socket;
}

/** Node knows no `onread` over a stream of ours: so what comes is copied to where it would have been written. */
function watched(below: Socket, tls: PullTls, onread: OnRead): Connecting {
  const records = new TlsRecords(below);
  const socket = secured({ socket: records }, tls);
  let taken = 0;
  records.watch(() => taken + socket.readableLength);
  socket.on('data', (bytes: Buffer) => {
    let goOn = true;
    for (let at = 0; at < bytes.length && !socket.destroyed; ) {
      const memory = onread.buffer();
      const landed = bytes.copy(memory, 0, at);
      at += landed;
      goOn = onread.callback(landed, memory);
    }
    taken += bytes.length;
    if (!goOn) socket.pause();
  });
  return { socket, wasCut: () => !records.wasClosed };
}

/** Rejects with Node's own errors (`ENOTFOUND`, `ECONNREFUSED`, `ETIMEDOUT`, …), or the signal's reason. */
export function untilConnected(socket: Socket, { timeoutMs, tls }: PullTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => {
      settled();
      reject(reason);
    };
    const stop = () => fail(signal.reason);
    const closed = () => fail(fault('ECONNRESET', 'closed while it was opened'));
    const timer = setTimeout(() => fail(fault('ETIMEDOUT', 'no connection in time')), timeoutMs);
    const settled = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.removeListener('error', fail).removeListener('close', closed);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', fail).once('close', closed);
    socket.once(tls?.waitForHandshake === true ? 'secureConnect' : 'connect', () => {
      settled();
      resolve();
    });
  });
}
