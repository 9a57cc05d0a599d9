import { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import { Pool, ProxyAgent } from 'undici';
import { redactUrl } from '../../errors/redact.ts';
import type { Answer } from '../answer.ts';
import type { Headers } from '../grammar/headers.ts';
import { ProxiedAnswer } from './proxied-answer.ts';

export interface ProxyOptions {
  readonly connections: number | undefined;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly secureContext: SecureContext | undefined;
}

export interface Proxies extends AsyncDisposable {
  /** As `exchange` of `exchange.ts`. @param proxy its URL, with credentials */
  exchange(proxy: string, url: URL, headers: Headers, signal: AbortSignal): Promise<Answer>;
}

/**
 * undici, for what goes through a proxy: HTTP/1.1 only (pieces are worth nothing when they share one HTTP/2
 * connection), no pipelining (a piece would wait behind another), no retries of its own (there is one owner of those,
 * architecture, "What is retried").
 */
export function createProxies(options: ProxyOptions): Proxies {
  const { connections, connectTimeoutMs, headersTimeoutMs, stallTimeoutMs, secureContext } = options;
  const tls = { allowH2: false, ...(secureContext === undefined ? {} : { secureContext }) };
  const sockets = new Set<Socket>();
  const agents = new Map<string, ProxyAgent>();

  function agentOf(proxy: string): ProxyAgent {
    const known = agents.get(proxy);
    if (known !== undefined) return known;
    const made = new ProxyAgent({
      allowH2: false,
      pipelining: 1,
      connections: connections ?? null,
      connectTimeout: connectTimeoutMs,
      uri: proxy,
      requestTls: tls,
      proxyTls: tls,
      // Without it, a proxy that never answers CONNECT would be waited for by undici's own 300 s.
      clientFactory: (origin, own: Pool.Options) =>
        new Pool(origin, {
          ...own,
          headersTimeout: headersTimeoutMs,
          ...(typeof own.connect === 'function' ? { connect: tracked(own.connect, sockets) } : {}),
        }),
    });
    agents.set(proxy, made);
    return made;
  }

  return {
    exchange(proxy, url, headers, signal) {
      const incoming = new ProxiedAnswer(url, redactUrl(proxy).replace(/\/$/, ''), signal);
      if (!signal.aborted) {
        agentOf(proxy).dispatch(
          {
            origin: url.origin,
            path: `${url.pathname}${url.search}`,
            method: 'GET',
            headers: { ...headers },
            headersTimeout: headersTimeoutMs,
            bodyTimeout: stallTimeoutMs,
          },
          incoming,
        );
      }
      return incoming.answer;
    },
    async [Symbol.asyncDispose]() {
      const closing = [...agents.values()].map((agent) => agent.destroy());
      for (const socket of sockets) socket.destroy();
      await Promise.all(closing);
    },
  };
}

/**
 * undici's `destroy` leaves a socket that is still connecting to its time-out, and so keeps the process from ending.
 */
function tracked(connect: buildConnector.connector, sockets: Set<Socket>): buildConnector.connector {
  return (options, callback) => {
    // Typed as void, and gives the socket.
    const socket: unknown = connect(options, callback);
    if (socket instanceof Socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    return socket;
  };
}
