import { withoutEnd } from '../text/without-end.ts';

/**
 * How hosts and rules for them are written. The construct checks them at synth, the guard takes them where they hold.
 */

/**
 * A host in the one spelling that is compared: lower case, IDNA, no brackets, no final dot, and an address as Node
 * writes it, however it came (`0x7f.1`, `2130706433`, `017700000001`: the WHATWG URL standard reads them as addresses,
 * as `getaddrinfo` does). `undefined` = no host.
 */
export function plainHost(host: string): string | undefined {
  const plain = spelledPlainly(host);
  // Not of one kind before, and of another after: what is very long, or looks like an address but for its dots.
  return plain !== undefined && spelledPlainly(plain) === plain ? plain : undefined;
}

function spelledPlainly(host: string): string | undefined {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (/[/?#@\\\s]/.test(bare)) return undefined;
  // Only an IPv6 address has a colon; anything else with one is refused between the brackets.
  const url = URL.parse(`http://${bare.includes(':') ? `[${bare}]` : bare}/`);
  const plain = withoutEnd(url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '', (character) => character === '.');
  return plain === '' ? undefined : plain;
}

/** Whether a host, however it is spelled, is this machine by its loopback. */
export function isLoopback(host: string): boolean {
  const plain = plainHost(host) ?? '';
  return plain === 'localhost' || plain === '::1' || /^127(\.\d+){3}$/.test(plain);
}

/** Of a plain host. */
function isAddress(plain: string): boolean {
  return plain.includes(':') || /^\d+(\.\d+){3}$/.test(plain);
}

export interface HostRule {
  /** Plain. */
  readonly host: string;
  /** `*.example.com`: what lies under it, not itself. */
  readonly under: boolean;
}

/** Whether a rule has a plain host, or all that another rule stands for, within it. */
export function covers(rule: HostRule, other: HostRule): boolean {
  if (rule.host === other.host && rule.under === other.under) return true;
  return rule.under && !isAddress(other.host) && other.host.endsWith(`.${rule.host}`);
}

/**
 * Stricter than what a URL may have for a host: a list in one text (`a.example,b.example`)
 * would be a rule that nothing meets.
 */
const NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** `example.com`, `*.example.com` or an address. `undefined` = no such rule. */
export function parseHostRule(text: string): HostRule | undefined {
  const under = text.startsWith('*.');
  const host = plainHost(under ? text.slice(2) : text);
  if (host === undefined) return undefined;
  return (isAddress(host) ? !under : NAME.test(host)) ? { host, under } : undefined;
}
