import type { LookupAddress } from 'node:dns';
import { lookup as dnsLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import { plainHost } from '../values/hosts.ts';
import { hostRules } from './hosts.ts';
import { refusalOf } from './refused-addresses.ts';

export interface GuardPolicy {
  /** Without the colon; of `http`, `https`, `ftp`, `ftps`, `ftpes`, `sftp`. @default ['http', 'https'] */
  readonly schemes?: readonly string[];
  /** HTTP is spoken to no port of another protocol in the list, whatever stands here (21, 22, 990). @default [80, 443] */
  readonly ports?: readonly number[];
  /** Hosts (`example.com`, `*.example.com`, an address) besides which nothing is contacted. Empty = any. @default any public host */
  readonly allowHosts?: readonly string[];
  /** Hosts that are never contacted; an address also refuses the names that lead to it. Goes before all else. @default none */
  readonly denyHosts?: readonly string[];
  /**
   * Hosts, as they stand in the URL, that may have private addresses (private, loopback, unique-local, carrier, benchmark): mirrors,
   * stand-ins. Metadata and link-local addresses stay shut even for them. @default none
   */
  readonly privateHosts?: readonly string[];
  /** @default the system's resolver */
  readonly resolve?: Resolve;
  /** How long `check` waits for a name. (A connection has a time limit of its own.) @default 5 s */
  readonly resolveTimeoutMs?: number;
}

/** All addresses of a name; `family` 0 = both. */
type Resolve = (hostname: string, family: 0 | 4 | 6) => Promise<readonly LookupAddress[]>;

/**
 * What may be contacted. To hold, it needs both: each URL is checked before it is asked (a connection to a literal address looks nothing up,
 * and a redirect is a new URL), and each name is resolved by `lookup` as the connection is made, which gives the checked addresses
 * and no other: between check and connection there is no second resolution that could say something else (DNS rebinding).
 */
export interface Guard {
  /** Scheme, port, host lists, literal addresses. Resolves nothing. @throws PieceworkError `InvalidUrl`, `GuardRefused`. */
  checkUrl(url: URL | string): void;
  /**
   * Resolves as well, to refuse early: a name needs a public address within a few seconds. One answer whether it has none, does not exist or
   * can't be resolved now, so that nobody learns which names there are inside; a name of `privateHosts` passes unresolved. @throws PieceworkError `InvalidUrl`, `GuardRefused`.
   */
  check(url: URL | string): Promise<void>;
  /** Behind a proxy the proxy resolves, and what it then connects to can't be checked: only literal addresses pass. @throws PieceworkError `GuardRefused`. */
  checkProxied(url: URL | string): void;
  /**
   * In place of `dns.lookup`, for undici and for the agents of the AWS SDK. Of several addresses the allowed ones are given, since only
   * those can then be connected to; none left = `GuardRefused`, which does not tell what the name led to, nor whether it exists. A name
   * that had a public address before, or is among `privateHosts`, keeps its `ENOTFOUND`, which may pass by itself.
   */
  readonly lookup: LookupFunction;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ftp: 21,
  ftps: 990,
  ftpes: 21,
  sftp: 22,
};
/** Who speaks HTTP to an FTP or SSH server has it take his headers for commands; browsers refuse it too (Fetch standard, "bad port"). */
const NOT_FOR_HTTP: readonly number[] = [21, 22, 990];

/** What resolvers say of a name that does not exist, or has no address. */
const UNKNOWN: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA']);
/** Names that are remembered to be public. */
const MOST_PUBLIC = 1000;

/** @throws PieceworkError `InvalidOption`. */
export function createGuard(policy: GuardPolicy = {}): Guard {
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
  const resolve = policy.resolve ?? systemResolve;
  const knownPublic = new Set<string>();

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

  function checked(given: URL | string): string {
    const url = typeof given === 'string' ? URL.parse(given) : given;
    const shown = redactUrl(typeof given === 'string' ? given : given.href);
    if (url === null) throw new PieceworkError('InvalidUrl', `not a URL: ${shown}; it looks like https://host/path`);
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

  /** The addresses of a host that may be contacted: at least one. */
  async function addressesOf(hostname: string, family: 0 | 4 | 6): Promise<readonly LookupAddress[]> {
    const host = plainHost(hostname);
    checkHost(host, hostname);
    const literal = isIP(host);
    const found = literal === 0 ? await resolvedOf(hostname, family) : [{ address: host, family: literal }];
    if (found.length === 0 && (isPrivate(host) || knownPublic.has(host))) throw notFound(hostname);
    const allowed = found.filter(({ address }) => {
      const refusal = refusalOf(address);
      return !isDenied(plainHost(address) ?? '') && (refusal === undefined || (refusal.openable && isPrivate(host)));
    });
    if (allowed.length === 0) throw noPublicAddress(hostname);
    if (knownPublic.size < MOST_PUBLIC) knownPublic.add(host);
    return allowed.map(({ address }) => ({ address, family: isIP(address) }));
  }

  /** None = it does not exist. */
  async function resolvedOf(hostname: string, family: 0 | 4 | 6): Promise<readonly LookupAddress[]> {
    try {
      return await resolve(hostname, family);
    } catch (error) {
      if (UNKNOWN.has((error as NodeJS.ErrnoException).code)) return [];
      throw error;
    }
  }

  return {
    checkUrl: (url) => void checked(url),

    async check(url) {
      const host = checked(url);
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new Error('the resolver is slow')), policy.resolveTimeoutMs ?? 5000);
      try {
        await Promise.race([addressesOf(host, 0), late]);
      } catch (error) {
        if (error instanceof PieceworkError) throw error;
        // What the operator named may be known to another network only, that of the fetchers.
        if (!isPrivate(host)) throw noPublicAddress(host);
      } finally {
        clearTimeout(timer);
      }
    },

    checkProxied(url) {
      if (isIP(checked(url)) !== 0) return;
      const shown = redactUrl(typeof url === 'string' ? url : url.href);
      throw refused(
        shown,
        'behind a proxy the address of a host name can’t be checked; exempt the host from the proxy, or give its address',
      );
    },

    lookup(hostname, options, callback) {
      addressesOf(hostname, familyOf(options.family)).then(
        (addresses) => {
          const [first] = addresses;
          // Out of the promise, so that what the callback throws is not taken for a failure of ours.
          if (options.all === true) process.nextTick(callback, null, addresses);
          else process.nextTick(callback, null, first?.address, first?.family);
        },
        (error: unknown) => process.nextTick(callback, error, options.all === true ? [] : ''),
      );
    },
  };
}

/** One sentence for a private name, an unknown one and one that can't be resolved. */
function noPublicAddress(host: string): PieceworkError {
  return refused(
    host,
    'no public address of the host was found; check its name, or try again; ' +
      'where a private one is meant, the list privateHosts would allow it',
  );
}

function notFound(hostname: string): Error {
  return Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' });
}

function refused(shown: string, because: string): PieceworkError {
  return new PieceworkError('GuardRefused', `${shown}: not contacted, because ${because}`, {
    details: { target: shown },
  });
}

function familyOf(family: number | string | undefined): 0 | 4 | 6 {
  if (family === 4 || family === 'IPv4') return 4;
  return family === 6 || family === 'IPv6' ? 6 : 0;
}

function systemResolve(hostname: string, family: 0 | 4 | 6): Promise<readonly LookupAddress[]> {
  return dnsLookup(hostname, { all: true, order: 'verbatim', family });
}
