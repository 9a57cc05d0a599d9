import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { PieceworkError } from '../errors/error.ts';
import type { Guard } from '../guard/guard.ts';
import { contextWith } from '../net/authorities.ts';
import type { Pool } from '../net/pool.ts';
import { connectionPool } from '../net/pool.ts';
import { poolsOf } from '../net/pools.ts';
import { PullSocket } from '../net/pull-socket.ts';
import { tlsOptionsOf } from '../net/tls.ts';
import type { Answer, Headers } from './answer.ts';
import { HttpConnection } from './connection.ts';
import type { ProxySettings } from './proxy.ts';
import { proxyFor, proxyUrl } from './proxy.ts';
import type { Proxies } from './through-proxy.ts';

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

/** A way to a URL: connections of ours, or somebody who asks for us. */
export type Route =
  | { readonly kind: 'direct'; readonly pool: Pool<HttpConnection> }
  | { readonly kind: 'proxied'; exchange(headers: Headers, signal: AbortSignal): Promise<Answer> };

/** Connections, and the rules for making them. Disposing closes all of them at once. */
export interface Dispatchers extends AsyncDisposable {
  /** @throws PieceworkError `GuardRefused`. */
  route(url: URL): Route;
  readonly headersTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly minBytesPerSecond: number;
}

/** @throws PieceworkError `InvalidOption`. */
export function createDispatchers(options: DispatcherOptions): Dispatchers {
  const timeouts = {
    connectTimeoutMs: duration('connectTimeoutMs', options.connectTimeoutMs ?? 10_000),
    headersTimeoutMs: duration('headersTimeoutMs', options.headersTimeoutMs ?? 30_000),
    stallTimeoutMs: duration('stallTimeoutMs', options.stallTimeoutMs ?? 30_000),
  };
  const minBytesPerSecond = options.minBytesPerSecond ?? 0;
  if (!(minBytesPerSecond >= 0)) throw invalid('minBytesPerSecond', 'a number from 0');
  const { connections, guard } = options;
  if (connections !== undefined && !(Number.isInteger(connections) && connections > 0)) {
    throw invalid('connections', 'a whole number from 1');
  }
  if (guard !== undefined && options.lookup !== undefined) {
    throw invalid('lookup', 'left to the guard, where there is one');
  }
  for (const text of [options.proxy?.httpProxy, options.proxy?.httpsProxy]) {
    // Said now rather than at the first request.
    if (text !== undefined && text.trim() !== '') proxyUrl(text.trim());
  }
  const secureContext = contextWith(options.ca);
  const { connectTimeoutMs } = timeouts;
  const lookup = guard?.lookup ?? options.lookup;
  const pools = poolsOf<URL, HttpConnection>(
    ({ origin }) => origin,
    (url) =>
      connectionPool<HttpConnection>({
        most: connections,
        open: opener(url, { secureContext, lookup, guard, timeoutMs: connectTimeoutMs }),
      }),
  );
  let proxies: Promise<Proxies> | undefined;
  const throughProxy = () => {
    // undici is a third of what a transfer loads, and most have no proxy.
    proxies ??= import('./through-proxy.ts').then(({ createProxies }) =>
      createProxies({ ...timeouts, connections, secureContext }),
    );
    return proxies;
  };
  return {
    ...timeouts,
    minBytesPerSecond,
    route(url) {
      guard?.checkUrl(url);
      const proxy = proxyFor(url, options.proxy ?? {});
      if (proxy === undefined) return { kind: 'direct', pool: pools.of(url) };
      guard?.checkProxied(url);
      return {
        kind: 'proxied',
        exchange: async (headers, signal) => (await throughProxy()).exchange(proxy, url, headers, signal),
      };
    },
    async [Symbol.asyncDispose]() {
      pools.close();
      await (await proxies)?.[Symbol.asyncDispose]();
    },
  };
}

interface OpenerOptions {
  readonly secureContext: SecureContext | undefined;
  readonly lookup: LookupFunction | undefined;
  readonly guard: Guard | undefined;
  readonly timeoutMs: number;
}

/** Makes connections to the URL's origin. HTTP/1.1 alone: pieces are worth nothing when they share one HTTP/2 connection. */
function opener(url: URL, { secureContext, lookup, guard, timeoutMs }: OpenerOptions) {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  let session: Buffer | undefined;
  return async (signal: AbortSignal): Promise<HttpConnection> => {
    // An address is connected to without a lookup: whoever asks for the connection, it is checked here.
    guard?.checkUrl(url.origin);
    const tls = () => ({
      options: {
        ...tlsOptionsOf({ host, secureContext }),
        ALPNProtocols: ['http/1.1'],
        ...(session === undefined ? {} : { session }),
      },
      onSession(next: Buffer) {
        session = next;
      },
      waitForHandshake: true,
    });
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
    const target = { host, port, lookup, timeoutMs, ...(isSecure ? { tls: tls() } : {}) };
    return new HttpConnection(await PullSocket.open(target, signal));
  };
}

function duration(name: string, ms: number): number {
  if (Number.isInteger(ms) && ms > 0 && ms <= 0x7fff_ffff) return ms;
  throw invalid(name, 'a whole number of milliseconds from 1 to 2147483647');
}

function invalid(name: string, wanted: string): PieceworkError {
  return new PieceworkError('InvalidOption', `${name} must be ${wanted}`);
}
