import { isIP } from 'node:net';
import { PieceworkError } from '../errors/error.ts';

/**
 * A host in the one spelling that is compared: lower case, IDNA, no brackets, no final dot, and an address as Node writes it, however it
 * came (`0x7f.1`, `2130706433`, `017700000001`: the WHATWG URL standard reads them as addresses, as `getaddrinfo` does). `undefined` = no host.
 */
export function plainHost(host: string): string | undefined {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 6 && /[/?#@\\:\s]/.test(bare)) return undefined;
  const url = URL.parse(`http://${isIP(bare) === 6 ? `[${bare}]` : bare}/`);
  const plain = url?.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.+$/, '');
  return plain === undefined || plain === '' ? undefined : plain;
}

/** `example.com`, `*.example.com` (what lies under it, not itself), or an address. Takes and gives plain hosts. */
export type HostRules = (host: string) => boolean;

/** @throws PieceworkError `InvalidOption` for what is no host. */
export function hostRules(name: string, hosts: readonly string[]): HostRules {
  const exact = new Set<string>();
  const suffixes: string[] = [];
  for (const rule of hosts) {
    const under = rule.startsWith('*.');
    const host = plainHost(under ? rule.slice(2) : rule);
    if (host === undefined || host.includes('*') || (under && isIP(host) !== 0)) {
      throw new PieceworkError(
        'InvalidOption',
        `${name}: ${JSON.stringify(rule)} is no host; give example.com, *.example.com or an address, without scheme, port and path`,
      );
    }
    if (under) suffixes.push(`.${host}`);
    else exact.add(host);
  }
  return (host) => exact.has(host) || suffixes.some((suffix) => isIP(host) === 0 && host.endsWith(suffix));
}
