import { PieceworkError } from '../errors/error.ts';
import { isAddress, parseHostRule } from '../values/hosts.ts';

/** Takes plain hosts. */
export type HostRules = (host: string) => boolean;

/** @throws PieceworkError `InvalidOption` for what is no host. */
export function hostRules(name: string, hosts: readonly string[]): HostRules {
  const exact = new Set<string>();
  const suffixes: string[] = [];
  for (const text of hosts) {
    const rule = parseHostRule(text);
    if (rule === undefined) {
      throw new PieceworkError(
        'InvalidOption',
        `${name}: ${JSON.stringify(text)} is no host; give example.com, *.example.com or an address, without scheme, port and path`,
      );
    }
    if (rule.under) suffixes.push(`.${rule.host}`);
    else exact.add(rule.host);
  }
  return (host) => exact.has(host) || suffixes.some((suffix) => !isAddress(host) && host.endsWith(suffix));
}
