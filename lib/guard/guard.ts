import type { LookupAddress } from 'node:dns';
import { lookup as dnsLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import { plainHost } from '../values/web/hosts.ts';
import type { GuardRules, RulesPolicy } from './rules.ts';
import { guardRules, refused } from './rules.ts';

export interface GuardPolicy extends RulesPolicy {
  /** @default the system's resolver */
  readonly resolve?: Resolve;
  /** How long `check` waits for a name. (A connection has a time limit of its own.) @default 5 s */
  readonly resolveTimeoutMs?: number;
}

/** All addresses of a name; `family` 0 = both. */
type Resolve = (hostname: string, family: 0 | 4 | 6) => Promise<readonly LookupAddress[]>;

/**
 * What may be contacted. To hold, it needs both: each URL is checked before it is asked (a connection to a literal
 * address looks nothing up, and a redirect is a new URL), and each name is resolved by `lookup` as the connection is
 * made, which gives the checked addresses and no other: between check and connection there is no second resolution that
 * could say something else (DNS rebinding).
 */
export interface Guard {
  /**
   * Scheme, port, host lists, literal addresses. Resolves nothing.
   * @throws PieceworkError `InvalidUrl`, `GuardRefused`.
   */
  checkUrl(url: URL | string): void;
  /**
   * Resolves as well, to refuse early: a name needs a public address within a few seconds. One answer whether it has
   * none, does not exist or can't be resolved now, so that the caller does not learn which names there are
   * inside; a name of `privateHosts` passes unresolved.
   * @throws PieceworkError `InvalidUrl`, `GuardRefused`.
   */
  check(url: URL | string): Promise<void>;
  /**
   * Behind a proxy the proxy resolves, and what it then connects to can't be checked: only literal addresses pass.
   * @throws PieceworkError `GuardRefused`.
   */
  checkProxied(url: URL | string): void;
  /**
   * In place of `dns.lookup`, for undici and for the agents of the AWS SDK. Of several addresses the allowed ones are
   * given, since only those can then be connected to; none left = `GuardRefused`, which does not tell what the name led
   * to, nor whether it exists. A name that had a public address before, or is among `privateHosts`, keeps its
   * `ENOTFOUND`, which may pass by itself.
   */
  readonly lookup: LookupFunction;
}

/** What resolvers say of a name that does not exist, or has no address. */
const UNKNOWN: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA']);
/** Names that are remembered to be public. */
const MOST_PUBLIC = 1000;

/** @throws PieceworkError `InvalidOption`. */
export function createGuard(policy: GuardPolicy = {}): Guard {
  const rules: GuardRules = guardRules(policy);
  const { isPrivate } = rules;
  const resolve = policy.resolve ?? systemResolve;
  const knownPublic = new Set<string>();

  /** The addresses of a host that may be contacted: at least one. */
  async function addressesOf(hostname: string, family: 0 | 4 | 6): Promise<readonly LookupAddress[]> {
    const host = plainHost(hostname);
    rules.checkHost(host, hostname);
    const literal = isIP(host);
    const found = literal === 0 ? await resolvedOf(hostname, family) : [{ address: host, family: literal }];
    if (found.length === 0 && (isPrivate(host) || knownPublic.has(host))) throw notFound(hostname);
    const allowed = found.filter(({ address }) => rules.mayLeadTo(host, address));
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
    checkUrl: (url) => void rules.hostOf(url),

    async check(url) {
      const host = rules.hostOf(url);
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
      if (isIP(rules.hostOf(url)) !== 0) return;
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

function familyOf(family: number | string | undefined): 0 | 4 | 6 {
  if (family === 4 || family === 'IPv4') return 4;
  return family === 6 || family === 'IPv6' ? 6 : 0;
}

function systemResolve(hostname: string, family: 0 | 4 | 6): Promise<readonly LookupAddress[]> {
  return dnsLookup(hostname, { all: true, order: 'verbatim', family });
}
