import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { ConnectionOptions, SecureContext, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { fault } from '../errors/fault.ts';
import type { PullTls } from './pull-target.ts';

export interface TlsTarget {
  /** The certificate must be made out to it. */
  readonly host: string;
  readonly secureContext: SecureContext | undefined;
  readonly timeoutMs: number;
}

/** What a handshake, and later ones that go on with its session, are made with. */
export function tlsOptionsOf({ host, secureContext }: Omit<TlsTarget, 'timeoutMs'>): ConnectionOptions {
  return {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(secureContext === undefined ? {} : { secureContext }),
  };
}

/** TLS for HTTP/1.1 with one host, for each of its connections: a handshake goes on with the session of another one. */
export function resumingTls(target: Omit<TlsTarget, 'timeoutMs'>): () => PullTls {
  let session: Buffer | undefined;
  return () => ({
    options: {
      ...tlsOptionsOf(target),
      ALPNProtocols: ['http/1.1'],
      ...(session === undefined ? {} : { session }),
    },
    onSession(next) {
      session = next;
    },
    waitForHandshake: true,
  });
}

/**
 * TLS over an open connection, verified. Throws Node's own errors, or the signal's reason; then the connection is
 * closed.
 */
export function startTls(socket: Socket, target: TlsTarget, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connect({ ...tlsOptionsOf(target), socket });
    const fail = (error: unknown) => {
      settled();
      socket.destroy();
      secure.destroy();
      reject(error);
    };
    const stop = () => fail(signal.reason);
    const closed = () => fail(fault('ECONNRESET', 'closed in the TLS handshake'));
    const timer = setTimeout(() => fail(fault('ETIMEDOUT', 'no TLS handshake in time')), target.timeoutMs);
    const settled = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      secure.removeListener('error', fail).removeListener('close', closed);
      // What comes later, between two reads, is seen by the next read.
      secure.on('error', () => {});
    };
    signal.addEventListener('abort', stop, { once: true });
    secure.once('error', fail).once('close', closed);
    secure.once('secureConnect', () => {
      settled();
      resolve(secure);
    });
    if (signal.aborted) stop();
  });
}
