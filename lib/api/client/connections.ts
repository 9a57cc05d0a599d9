import type { Dispatcher } from 'undici';
import { Agent, EnvHttpProxyAgent, request } from 'undici';

/** undici's `request`, and the connections that it goes through. */
export interface Connections {
  readonly request: typeof request;
  readonly dispatcher: Dispatcher;
}

/** Connections by HTTP_PROXY, HTTPS_PROXY and NO_PROXY, except to this machine. */
export function connectTo(base: string): Connections {
  const { hostname } = new URL(base);
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return { request, dispatcher: isHere ? new Agent() : new EnvHttpProxyAgent() };
}
