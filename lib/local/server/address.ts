import { isIP } from 'node:net';
import { PieceworkError } from '../../errors/error.ts';
import { isLoopback } from '../../values/web/hosts.ts';
import type { ServeOptions } from './api.ts';

/** Where to listen. */
export type Address =
  | { readonly kind: 'port'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string };

const DEFAULT_ADDRESS = '127.0.0.1:7437';

/**
 * @throws PieceworkError `InvalidOption`: it is no address, or one that other machines reach and the options do not
 * keep strangers out of it.
 */
export function addressOf({ listen, socket, tokenFile, tls }: ServeOptions): Address {
  if (socket !== undefined) {
    if (listen !== undefined) throw new PieceworkError('InvalidOption', 'give either an address or a socket, not both');
    if (tls !== undefined)
      throw new PieceworkError('InvalidOption', 'a socket needs no TLS: leave the certificate away');
    return { kind: 'socket', path: socket };
  }
  const { host, port } = parse(listen ?? DEFAULT_ADDRESS);
  if (!isLoopback(host) && (tokenFile === undefined || tls === undefined))
    throw new PieceworkError(
      'InvalidOption',
      `${host} is reached by other machines: that needs --token-file, and --tls-cert with --tls-key, so that the token is not read on the way`,
    );
  return { kind: 'port', host, port };
}

function parse(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  const isHost = bracketed === undefined ? host === 'localhost' || isIP(host) === 4 : isIP(host) === 6;
  if (isHost && port <= 65_535) return { host, port };
  throw new PieceworkError(
    'InvalidOption',
    '--listen: is to be ADDRESS:PORT, such as 127.0.0.1:7437 or [::1]:7437; port 0 is one that the system chooses',
  );
}

/** `127.0.0.1:7437`, `[::1]:7437`. */
export function authorityOf(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** Every name by which a program on this machine may call what listens there; `*` = whatever it is called. */
export function namesOf(address: Address, port: number, further: readonly string[]): ReadonlySet<string> {
  if (address.kind === 'socket') return new Set(['*']);
  const own = isLoopback(address.host) ? ['127.0.0.1', 'localhost', '::1', address.host] : [address.host];
  return new Set([
    ...own.map((host) => authorityOf(host, port)),
    ...further
      .flatMap((name) => (/:\d+$/.test(name) ? [name] : [name, `${name}:${port}`]))
      .map((name) => name.toLowerCase()),
  ]);
}
