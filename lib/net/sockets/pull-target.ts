import type { LookupFunction, Socket } from 'node:net';
import { connect as connectPlain } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect as connectSecure } from 'node:tls';
import { fault } from '../errors/fault.ts';

export interface PullTarget {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly lookup?: LookupFunction | undefined;
  /** For resolution, TCP and whatever of TLS is waited for, together. */
  readonly timeoutMs: number;
  /** Absent = no TLS. */
  readonly tls?: PullTls;
}

export interface PullTls {
  readonly options: ConnectionOptions;
  /** A session that later connections may go on with. */
  readonly onSession?: (session: Buffer) => void;
  /** False where the other side begins its half of the handshake only later. */
  readonly waitForHandshake: boolean;
}

/** Where Node writes what comes, and what is called with it; its answer says whether to go on reading. */
interface OnRead {
  buffer(): Uint8Array;
  callback(bytes: number, memory: Uint8Array): boolean;
}

/** A socket that is connecting, without a stream between it and `onread`. */
export function connectPull({ host, port, lookup, tls }: PullTarget, onread: OnRead): Socket {
  const options = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    ...(lookup === undefined ? {} : { lookup }),
    onread,
  };
  return tls === undefined ? connectPlain(options) : secured(options, tls);
}

function secured(options: ConnectionOptions, { options: tls, onSession }: PullTls): TLSSocket {
  const socket = connectSecure({ ...tls, ...options });
  if (onSession !== undefined) socket.on('session', onSession);
  return socket;
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
