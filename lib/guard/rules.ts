import { isIP } from 'node:net';
import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import { plainHost } from '../values/web/hosts.ts';
import { readUrl } from '../values/web/read-url.ts';
import { hostRules } from './hosts.ts';
import { refusalOf } from './refused-addresses.ts';

export interface RulesPolicy {
  /** Without the colon; of `http`, `https`, `ftp`, `ftps`, `ftpes`, `sftp`. @default ['http', 'https'] */
  readonly schemes?: readonly string[];
  /**
   * HTTP is spoken to no port of another protocol in the list, whatever stands here (21, 22, 990).
   * @default [80, 443]
   */
  readonly ports?: readonly number[];
  /**
   * Hosts (`example.com`, `*.example.com`, an address) besides which nothing is contacted. Empty = any.
   * @default any public host
   */
  readonly allowHosts?: readonly string[];
  /**
   * Hosts that are never contacted; an address also refuses the names that lead to it. Goes before all else.
   * @default none
   */
  readonly denyHosts?: readonly string[];
  /**
   * Hosts, as they stand in the URL, that may have private addresses (private, loopback, unique-local, carrier,
   * benchmark): mirrors, stand-ins. Metadata and link-local addresses stay shut even for them.
   * @default none
   */
  readonly privateHosts?: readonly string[];
}

/** What a policy says of a URL, a host and an address, without resolving anything. */
export interface GuardRules {
  /** The plain host of a URL that may be asked. @throws PieceworkError `InvalidUrl`, `GuardRefused`. */
  hostOf(url: URL | string): string;
  /** Takes a plain host. @throws PieceworkError `GuardRefused`. */
  checkHost(host: string | undefined, shown: string): asserts host is string;
  /** Whether a plain host may have private addresses. */
  isPrivate(host: string): boolean;
  /** Whether a host that may be contacted may have this address. */
  mayLeadTo(host: string, address: string): boolean;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ftp: 21,
  ftps: 990,
  ftpes: 21,
  sftp: 22,
};
/**
 * Who speaks HTTP to an FTP or SSH server has it take his headers for commands; browsers refuse it too (Fetch standard,
 * "bad port").
 */
const NOT_FOR_HTTP: readonly number[] = [21, 22, 990];

/** @throws PieceworkError `InvalidOption`. */
export function guardRules(policy: RulesPolicy): GuardRules {
  const schemes = policy.schemes ?? ['http', 'https'];
  const ports = policy.ports ?? [80, 443];
  const unknown = schemes.find((scheme) => !Object.hasOwn(DEFAULT_PORTS, scheme));
  if (unknown !== undefined) {
    throw new PieceworkError(
      'InvalidOption',
      `schemes: ${JSON.stringify(unknown)} is none that the guard knows; it knows ${Object.keys(DEFAULT_PORTS).join(', ')}`,
    );
  }
  const wrong = ports.find((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
  if (wrong !== undefined)
    throw new PieceworkError('InvalidOption', `ports: ${wrong} is no whole number from 1 to 65535`);
  const isAllowed =
    policy.allowHosts === undefined || policy.allowHosts.length === 0
      ? () => true
      : hostRules('allowHosts', policy.allowHosts);
  const isDenied = hostRules('denyHosts', policy.denyHosts ?? []);
  const isPrivate = hostRules('privateHosts', policy.privateHosts ?? []);

  function checkHost(host: string | undefined, shown: string): asserts host is string {
    if (host === undefined) throw refused(shown, 'its host is not a valid one');
    if (isDenied(host)) throw refused(shown, 'the host is on the list denyHosts, which refuses it');
    if (!isAllowed(host)) throw refused(shown, 'the host is not on the list allowHosts, which would allow it');
    const refusal = isIP(host) === 0 ? undefined : refusalOf(host);
    if (refusal === undefined || (refusal.openable && isPrivate(host))) return;
    throw refused(
      shown,
      `its host is ${refusal.what}; ${refusal.openable ? 'the list privateHosts would allow it' : 'nothing allows it'}`,
    );
  }

  function hostOf(given: URL | string): string {
    const url = typeof given === 'string' ? readUrl(given) : given;
    const shown = redactUrl(typeof given === 'string' ? given : given.href);
    if (url === undefined)
      throw new PieceworkError('InvalidUrl', `not a URL: ${shown}; it looks like https://host/path`);
    const scheme = url.protocol.slice(0, -1);
    if (!schemes.includes(scheme)) {
      throw refused(shown, `the scheme ${scheme}: is not among ${schemes.join(', ')}; the list schemes would allow it`);
    }
    const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
    if (port === undefined || !ports.includes(port)) {
      throw refused(shown, `the port ${port} is not among ${ports.join(', ')}; the list ports would allow it`);
    }
    if (scheme.startsWith('http') && NOT_FOR_HTTP.includes(port))
      throw refused(shown, `the port ${port} is one of FTP or SSH, to which no HTTP is spoken`);
    const host = plainHost(url.hostname);
    checkHost(host, shown);
    return host;
  }

  return {
    hostOf,
    checkHost,
    isPrivate,
    mayLeadTo(host, address) {
      const refusal = refusalOf(address);
      return !isDenied(plainHost(address) ?? '') && (refusal === undefined || (refusal.openable && isPrivate(host)));
    },
  };
}

export function refused(shown: string, because: string): PieceworkError {
  return new PieceworkError('GuardRefused', `${shown}: not contacted, because ${because}`, {
    details: { target: shown },
  });
}
