import { X509Certificate } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { Agent, buildConnector, Pool, ProxyAgent } from 'undici';
import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import type { Guard } from '../guard/guard.ts';
import type { ProxySettings } from './proxy.ts';
import { proxyFor, proxyUrl } from './proxy.ts';

export interface DispatcherOptions {
  /** Open connections to one origin at most; more requests wait. @default no limit */
  readonly connections?: number;
  /** For name resolution, TCP and TLS together. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** From the request sent to the answer's head complete. @default 30000 */
  readonly headersTimeoutMs?: number;
  /** Longest silence within a body. @default 30000 */
  readonly stallTimeoutMs?: number;
  /** A body slower than this over a `stallTimeoutMs` of waiting counts as stalled. @default no minimum */
  readonly minBytesPerSecond?: number;
  /** PEM certificates (not file names) trusted besides those that Node trusts anyway. @default none */
  readonly ca?: string | readonly string[];
  /** @default no proxy */
  readonly proxy?: ProxySettings;
  /** Resolves the names of direct connections in place of `dns.lookup`. */
  readonly lookup?: LookupFunction;
  /** Refuses what may not be contacted: each URL, redirects too, and each address as it is connected to. Brings its own `lookup`. @default everything may be */
  readonly guard?: Guard;
}

/** Connections, and the rules for making them. Disposing closes all of them at once. */
export interface Dispatchers extends AsyncDisposable {
  /** `proxy` is redacted, for messages. @throws PieceworkError `GuardRefused`. */
  route(url: URL): { readonly dispatcher: Dispatcher; readonly proxy?: string };
  readonly headersTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly minBytesPerSecond: number;
}

/**
 * undici, set for a downloader: HTTP/1.1 only (pieces are worth nothing when they share one HTTP/2 connection), no
 * pipelining (a piece would wait behind another), no retries of its own (there is one owner of those, design §5).
 * @throws PieceworkError `InvalidOption`.
 */
export function createDispatchers(options: DispatcherOptions): Dispatchers {
  const timeouts = {
    headersTimeoutMs: duration('headersTimeoutMs', options.headersTimeoutMs ?? 30_000),
    stallTimeoutMs: duration('stallTimeoutMs', options.stallTimeoutMs ?? 30_000),
  };
  const connectTimeout = duration('connectTimeoutMs', options.connectTimeoutMs ?? 10_000);
  const minBytesPerSecond = options.minBytesPerSecond ?? 0;
  if (!(minBytesPerSecond >= 0)) throw invalid('minBytesPerSecond', 'a number from 0');
  const { connections, guard } = options;
  if (connections !== undefined && !(Number.isInteger(connections) && connections > 0)) {
    throw invalid('connections', 'a whole number from 1');
  }
  if (guard !== undefined && options.lookup !== undefined) {
    throw invalid('lookup', 'left to the guard, where there is one');
  }
  const lookup = guard?.lookup ?? options.lookup;
  const common = { allowH2: false, pipelining: 1, connections: connections ?? null, connectTimeout };
  const secureContext = contextWith(options.ca);
  const tls = { allowH2: false, ...(secureContext === undefined ? {} : { secureContext }) };
  const sockets = new Set<Socket>();
  const connect = buildConnector({
    ...tls,
    timeout: connectTimeout,
    ...(lookup === undefined ? {} : { lookup }),
  });
  const direct = new Agent({ ...common, connect: tracked(guarded(connect, guard), sockets) });
  for (const text of [options.proxy?.httpProxy, options.proxy?.httpsProxy]) {
    // Said now rather than at the first request.
    if (text !== undefined && text.trim() !== '') proxyUrl(text.trim());
  }
  const proxies = new Map<string, ProxyAgent>();
  const proxyAgent = (uri: string): ProxyAgent => {
    const known = proxies.get(uri);
    if (known !== undefined) return known;
    const made = new ProxyAgent({
      ...common,
      uri,
      requestTls: tls,
      proxyTls: tls,
      // Without it, a proxy that never answers CONNECT would be waited for by undici's own 300 s.
      clientFactory: (origin, own: Pool.Options) =>
        new Pool(origin, {
          ...own,
          headersTimeout: timeouts.headersTimeoutMs,
          ...(typeof own.connect === 'function' ? { connect: tracked(own.connect, sockets) } : {}),
        }),
    });
    proxies.set(uri, made);
    return made;
  };
  return {
    ...timeouts,
    minBytesPerSecond,
    route(url) {
      guard?.checkUrl(url);
      const proxy = proxyFor(url, options.proxy ?? {});
      if (proxy !== undefined) guard?.checkProxied(url);
      if (proxy === undefined) return { dispatcher: direct };
      return { dispatcher: proxyAgent(proxy), proxy: redactUrl(proxy).replace(/\/$/, '') };
    },
    async [Symbol.asyncDispose]() {
      const closing = [direct, ...proxies.values()].map((dispatcher) => dispatcher.destroy());
      for (const socket of sockets) socket.destroy();
      await Promise.all(closing);
    },
  };
}

/** A literal address is connected to without a lookup: whoever asks for the connection, it is checked here. */
function guarded(connect: buildConnector.connector, guard: Guard | undefined): buildConnector.connector {
  if (guard === undefined) return connect;
  return (options, callback) => {
    try {
      guard.checkUrl(`${options.protocol}//${options.host ?? options.hostname}`);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    return connect(options, callback);
  };
}

/** undici's `destroy` leaves a socket that is still connecting to its time-out, and so keeps the process from ending. */
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

/** Built once: a context of 150 authorities for each connection would cost more than its handshake. */
export function contextWith(ca: DispatcherOptions['ca']): SecureContext | undefined {
  const texts = ca === undefined ? [] : typeof ca === 'string' ? [ca] : ca;
  if (texts.length === 0) return undefined;
  const own = texts.flatMap((text) => {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw notCertificates();
    return blocks;
  });
  try {
    for (const pem of own) new X509Certificate(pem);
  } catch (cause) {
    throw notCertificates(cause);
  }
  return createSecureContext({ ca: [...getCACertificates('default'), ...own] });
}

function notCertificates(cause?: unknown): PieceworkError {
  return new PieceworkError(
    'InvalidOption',
    'the CA file holds no usable certificate: it must be PEM text with "-----BEGIN CERTIFICATE-----" blocks',
    { cause },
  );
}

function duration(name: string, ms: number): number {
  if (Number.isInteger(ms) && ms > 0 && ms <= 0x7fff_ffff) return ms;
  throw invalid(name, 'a whole number of milliseconds from 1 to 2147483647');
}

function invalid(name: string, wanted: string): PieceworkError {
  return new PieceworkError('InvalidOption', `${name} must be ${wanted}`);
}
