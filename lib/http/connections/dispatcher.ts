import type { SecureContext } from 'node:tls';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { SpeedFloor } from '../../net/bodies/speed.ts';
import { speedFloors } from '../../net/bodies/speed.ts';
import type { Pool } from '../../net/pools/pool.ts';
import { connectionPool } from '../../net/pools/pool.ts';
import { poolsOf } from '../../net/pools/pools.ts';
import type { NetOptions, NetSettings } from '../../net/settings.ts';
import { netSettings } from '../../net/settings.ts';
import { trusting } from '../../net/sockets/authorities.ts';
import { PullSocket } from '../../net/sockets/pull-socket.ts';
import { resumingTls } from '../../net/sockets/tls.ts';
import type { Answer } from '../answer.ts';
import type { Headers } from '../grammar/headers.ts';
import { HttpConnection } from './connection.ts';
import type { ProxySettings } from './proxy.ts';
import { proxyFor, proxyUrl } from './proxy.ts';
import type { Proxies } from './through-proxy.ts';
import { openTunnel } from './tunnel.ts';

export interface DispatcherOptions extends NetOptions {
  /** Open connections to one origin at most; more requests wait. @default no limit */
  readonly connections?: number;
  /** PEM certificates (not file names) trusted besides those that Node trusts anyway. @default none */
  readonly ca?: string | readonly string[];
  /** @default no proxy */
  readonly proxy?: ProxySettings;
}

/** A way to a URL: connections of ours, or a proxy that asks for us. */
export type Route =
  | {
      readonly kind: 'direct';
      readonly pool: Pool<HttpConnection>;
      /** Slower ones, for bodies that end with their connection. Absent where nothing can prove that end. */
      readonly provingEnds?: () => Pool<HttpConnection>;
    }
  | {
      readonly kind: 'proxied';
      /** Redacted. */
      readonly proxy: string;
      exchange(headers: Headers, signal: AbortSignal): Promise<Answer>;
      /** The same, through a tunnel of ours. */
      readonly provingEnds?: () => Pool<HttpConnection>;
    };

/** Connections, and the rules for making them. Disposing closes all of them at once. */
export interface Dispatchers extends AsyncDisposable {
  /** @throws PieceworkError `GuardRefused`. */
  route(url: URL): Route;
  readonly headersTimeoutMs: number;
  readonly stallTimeoutMs: number;
  /** For one more body of the origin. */
  readonly floorOf: (origin: string) => SpeedFloor;
}

/** @throws PieceworkError `InvalidOption`. */
export function createDispatchers(options: DispatcherOptions): Dispatchers {
  const settings = netSettings(options);
  const { connectTimeoutMs, headersTimeoutMs, stallTimeoutMs, guard } = settings;
  const { connections } = options;
  if (connections !== undefined && !(Number.isInteger(connections) && connections > 0)) {
    throw new PieceworkError('InvalidOption', 'connections must be a whole number from 1');
  }
  for (const text of [options.proxy?.httpProxy, options.proxy?.httpsProxy]) {
    // Said now rather than at the first request.
    if (text !== undefined && text.trim() !== '') proxyUrl(text.trim());
  }
  const trust = trusting(options.ca);
  const poolsOfOrigins = (provesEnd: boolean) =>
    poolsOf<URL, HttpConnection>(
      ({ origin }) => origin,
      (url) =>
        connectionPool<HttpConnection>({
          most: connections,
          open: opener(url, settings, trust, provesEnd),
        }),
    );
  const pools = poolsOfOrigins(false);
  const provingEnds = poolsOfOrigins(true);
  const tunnels = poolsOf<{ readonly proxy: string; readonly url: URL }, HttpConnection>(
    ({ proxy, url }) => `${proxy} ${url.origin}`,
    ({ proxy, url }) =>
      connectionPool<HttpConnection>({ most: connections, open: opener(url, settings, trust, true, proxy) }),
  );
  let proxies: Promise<Proxies> | undefined;
  const throughProxy = () => {
    // undici is a third of what a transfer loads, and most have no proxy.
    proxies ??= import('./through-proxy.ts').then(({ createProxies }) =>
      createProxies({ connectTimeoutMs, headersTimeoutMs, stallTimeoutMs, connections, secureContext: trust() }),
    );
    return proxies;
  };
  return {
    headersTimeoutMs,
    stallTimeoutMs,
    floorOf: speedFloors(settings),
    route(url) {
      guard?.checkUrl(url);
      const proxy = proxyFor(url, options.proxy ?? {});
      const isSecure = url.protocol === 'https:';
      if (proxy === undefined) {
        return { kind: 'direct', pool: pools.of(url), ...(isSecure ? { provingEnds: () => provingEnds.of(url) } : {}) };
      }
      guard?.checkProxied(url);
      return {
        kind: 'proxied',
        proxy: redactUrl(proxy).replace(/\/$/, ''),
        ...(isSecure ? { provingEnds: () => tunnels.of({ proxy, url }) } : {}),
        exchange: async (headers, signal) => (await throughProxy()).exchange(proxy, url, headers, signal),
      };
    },
    async [Symbol.asyncDispose]() {
      pools.close();
      provingEnds.close();
      tunnels.close();
      await (await proxies)?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * Makes connections to the URL's origin. HTTP/1.1 alone: pieces are worth nothing when they share one HTTP/2
 * connection.
 */
function opener(
  url: URL,
  { lookup, guard, connectTimeoutMs }: NetSettings,
  trust: () => SecureContext | undefined,
  provesEnd: boolean,
  proxy?: string,
) {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  const tls = isSecure ? resumingTls({ host, secureContext: trust() }) : undefined;
  return async (signal: AbortSignal): Promise<HttpConnection> => {
    // An address is connected to without a lookup: so it is checked here, for every request.
    guard?.checkUrl(url.origin);
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
    const timeoutMs = connectTimeoutMs;
    const over =
      proxy === undefined
        ? {}
        : { over: await openTunnel({ proxy, host, port, secureContext: trust(), timeoutMs }, signal) };
    const target = { host, port, lookup, timeoutMs, ...over, ...(tls ? { tls: { ...tls(), provesEnd } } : {}) };
    return new HttpConnection(await PullSocket.open(target, signal), provesEnd);
  };
}
