import type { Dispatcher } from 'undici';
import { Agent, EnvHttpProxyAgent, request } from 'undici';
import { isLoopback } from '../../values/web/hosts.ts';

/** undici's `request`, and the connections that it goes through. */
export interface Connections {
  readonly request: typeof request;
  readonly dispatcher: Dispatcher;
}

/**
 * Connections by HTTP_PROXY, HTTPS_PROXY and NO_PROXY, except to this machine.
 * @param socketPath of a Unix socket, in place of the host that the base names
 */
export function connectTo(base: string, socketPath?: string): Connections {
  if (socketPath !== undefined) return { request, dispatcher: new Agent({ connect: { socketPath } }) };
  const isHere = isLoopback(new URL(base).hostname);
  return { request, dispatcher: isHere ? new Agent() : new EnvHttpProxyAgent() };
}
