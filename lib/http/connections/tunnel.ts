import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { fault } from '../../net/errors/fault.ts';
import { connectTcp } from '../../net/sockets/tcp.ts';
import { startTls } from '../../net/sockets/tls.ts';
import { decodedOrAsIs } from '../../values/web/decoded.ts';
import { HEAD_ENDS, MOST_HEAD_BYTES, parseHead } from './head.ts';

export interface TunnelOptions {
  /** Of the proxy, with credentials. */
  readonly proxy: string;
  readonly host: string;
  readonly port: number;
  readonly secureContext: SecureContext | undefined;
  /** For each step: the connection, TLS to the proxy, its answer. */
  readonly timeoutMs: number;
}

/**
 * A connection to a host through a proxy, by CONNECT (RFC 9110 §9.3.6); nothing has been read of it. Throws Node's own
 * errors, `TUNNEL_REFUSED` with the proxy's status, or the signal's reason.
 */
export async function openTunnel(options: TunnelOptions, signal: AbortSignal): Promise<Socket> {
  const { timeoutMs, secureContext } = options;
  const { protocol, hostname, port, username, password } = new URL(options.proxy);
  const isSecure = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const plain = await connectTcp({ host, port: Number(port) || (isSecure ? 443 : 80), timeoutMs }, signal);
  const socket = isSecure ? await startTls(plain, { host, secureContext, timeoutMs }, signal) : plain;
  const named = options.host.includes(':') ? `[${options.host}]` : options.host;
  const lines = [`CONNECT ${named}:${options.port} HTTP/1.1`, `host: ${named}:${options.port}`];
  if (username !== '' || password !== '') {
    const login = `${decodedOrAsIs(username)}:${decodedOrAsIs(password)}`;
    lines.push(`proxy-authorization: Basic ${Buffer.from(login).toString('base64')}`);
  }
  try {
    socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const { status } = parseHead(await headOf(socket, timeoutMs, signal));
    if (status === 200) return socket;
    throw fault('TUNNEL_REFUSED', `the proxy answers ${status} to CONNECT (${status})`);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The head of the proxy's answer. What lies behind is the host's, which says nothing before it is spoken to. */
function headOf(socket: Socket, timeoutMs: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settled = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.pause().off('data', take).off('error', fail).off('end', ended).off('close', ended);
      // Until TLS listens.
      socket.on('error', () => {});
    };
    const fail = (reason: unknown) => {
      settled();
      reject(reason);
    };
    const stop = () => fail(signal.reason);
    const ended = () => fail(fault('UND_ERR_PRX_CONN', 'the proxy closed the connection'));
    const take = (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (text.length > MOST_HEAD_BYTES) return fail(fault('HEAD_TOO_LARGE', `more than ${MOST_HEAD_BYTES} bytes`));
      if (!HEAD_ENDS.some((mark) => text.includes(mark))) return;
      if (!HEAD_ENDS.some((mark) => text.endsWith(mark))) return fail(fault('HEAD_MALFORMED', 'more than a head'));
      settled();
      resolve(text);
    };
    const timer = setTimeout(() => fail(fault('HEAD_TIMEOUT', 'no answer to CONNECT in time')), timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', fail).once('end', ended).once('close', ended).on('data', take);
    if (signal.aborted) stop();
  });
}
