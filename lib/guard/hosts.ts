import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import type { HostRule } from '../values/web/hosts.ts';
import { covers, parseHostRule } from '../values/web/hosts.ts';

/** Takes plain hosts. */
export type HostRules = (host: string) => boolean;

/** @throws PieceworkError `InvalidOption` for what is no host. */
export function hostRules(name: string, hosts: readonly string[]): HostRules {
  const rules: HostRule[] = [];
  for (const text of hosts) {
    const rule = parseHostRule(text);
    if (rule === undefined) {
      throw new PieceworkError(
        'InvalidOption',
        `${name}: ${JSON.stringify(text.includes('@') ? redactUrl(text) : text)} is no host; give example.com, *.example.com or an address, without scheme, port and path`,
      );
    }
    rules.push(rule);
  }
  return (host) => rules.some((rule) => covers(rule, { host, under: false }));
}
