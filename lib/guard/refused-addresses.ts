import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Why an address is not contacted. */
export interface Refusal {
  /** For people: what kind of address it is. */
  readonly what: string;
  /**
   * True where `privateHosts` may open it: networks of one's own. Metadata services, link-local and the like stay shut
   * whatever is configured.
   */
  readonly openable: boolean;
}

interface Range extends Refusal {
  readonly cidr: string;
}

const shut = (cidr: string, what: string): Range => ({ cidr, what, openable: false });
const own = (cidr: string, what: string): Range => ({ cidr, what, openable: true });

/*
 * The first row that matches counts. Sources:
 * https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry (RFC 6890, RFC 8190),
 * …/ipv6-address-space, and of the metadata services their vendors' manuals.
 */
const RANGES: readonly Range[] = [
  // What answers there hands out credentials: AWS (EC2, ECS, EKS), Google, Alibaba, Oracle, Azure.
  // RFC 3927; 169.254.169.254, 169.254.170.2, 169.254.170.23, Lambda's runtime API
  shut('169.254.0.0/16', 'a link-local or metadata address'),
  shut('100.100.100.200/32', 'a metadata address'),
  shut('168.63.129.16/32', 'a metadata address'),
  shut('fd00:ec2::/32', 'a metadata address'), // …::254, …::23
  shut('fd20:ce::254/128', 'a metadata address'),

  own('10.0.0.0/8', 'a private address'), // RFC 1918
  own('172.16.0.0/12', 'a private address'),
  own('192.168.0.0/16', 'a private address'),
  own('127.0.0.0/8', 'a loopback address'), // RFC 1122
  own('100.64.0.0/10', 'an address of a carrier’s or overlay network'), // RFC 6598
  own('198.18.0.0/15', 'a benchmark address'), // RFC 2544
  shut('0.0.0.0/8', 'an address of "this host"'), // RFC 791; Linux connects to itself
  shut('192.0.0.0/24', 'a protocol address'), // RFC 6890; 192.0.0.192 is Oracle's metadata
  shut('192.0.2.0/24', 'a documentation address'), // RFC 5737
  shut('198.51.100.0/24', 'a documentation address'),
  shut('203.0.113.0/24', 'a documentation address'),
  shut('192.88.99.0/24', 'a translated address'), // RFC 7526: 6to4 relays
  shut('224.0.0.0/4', 'a multicast address'), // RFC 5771
  shut('240.0.0.0/4', 'a reserved or broadcast address'), // RFC 1112, RFC 8190

  own('::1/128', 'a loopback address'), // RFC 4291
  own('fc00::/7', 'a unique-local address'), // RFC 4193
  shut('::/128', 'an address of "this host"'),
  // Another address stands within these, and where they lead is up to a translator, not to us.
  shut('::ffff:0:0/96', 'an IPv4-mapped address'), // RFC 4291
  shut('::ffff:0:0:0/96', 'a translated address'), // RFC 2765
  shut('::/96', 'an IPv4-compatible address'), // RFC 4291, deprecated
  shut('64:ff9b::/96', 'a translated address'), // RFC 6052: NAT64
  shut('64:ff9b:1::/48', 'a translated address'), // RFC 8215
  shut('2002::/16', 'a translated address'), // RFC 3056: 6to4
  shut('2001::/32', 'a translated address'), // RFC 4380: Teredo
  shut('fe80::/10', 'a link-local address'), // RFC 4291
  shut('fec0::/10', 'a site-local address'), // RFC 3879, deprecated
  shut('ff00::/8', 'a multicast address'), // RFC 4291
  shut('100::/64', 'a discard address'), // RFC 6666
  shut('2001::/23', 'a protocol address'), // RFC 2928: benchmark, ORCHID, anycast
  shut('2001:db8::/32', 'a documentation address'), // RFC 3849
  shut('3fff::/20', 'a documentation address'), // RFC 9637
  shut('5f00::/16', 'a segment-routing address'), // RFC 9602
];

const TABLE = RANGES.map((range) => {
  const [network, bits] = ipaddr.parseCIDR(range.cidr);
  return { range, network, bits };
});

/** All that IANA has given out as global unicast; what lies outside of it is no public address, named above or not. */
const [GLOBAL, GLOBAL_BITS] = ipaddr.IPv6.parseCIDR('2000::/3');

const NOT_AN_ADDRESS: Refusal = { what: 'not an address', openable: false };
const LEADS_ELSEWHERE: Refusal = { what: 'a translated address', openable: false };
const NOT_GLOBAL: Refusal = { what: 'a reserved address', openable: false };

/**
 * The IPv4 address in an interface identifier of ISATAP (RFC 5214 §6.1), under whatever prefix: a host that has such an
 * interface sends there in IPv4. Beyond these and the ranges above, no address shows that it leads to another: a site's
 * own prefix of NAT64 or 6rd looks like any (ADR 20).
 */
function isatapTarget({ parts }: ipaddr.IPv6): string | undefined {
  const [a = 0, b = 0, high = 0, low = 0] = parts.slice(4);
  // The bits "universal" and "group" may be set.
  if ((a & ~0x0300) !== 0 || b !== 0x5efe) return undefined;
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * `undefined` = a public address. Takes what Node and resolvers write; other spellings, and zones (`fe80::1%eth0`), are
 * none.
 */
export function refusalOf(address: string): Refusal | undefined {
  if (isIP(address) === 0 || address.includes('%')) return NOT_AN_ADDRESS;
  const parsed = ipaddr.parse(address);
  const target = parsed instanceof ipaddr.IPv6 ? isatapTarget(parsed) : undefined;
  if (target !== undefined && refusalOf(target) !== undefined) return LEADS_ELSEWHERE;
  const found = TABLE.find(({ network, bits }) => network.kind() === parsed.kind() && parsed.match(network, bits));
  if (found !== undefined) return found.range;
  return parsed.kind() === 'ipv6' && !parsed.match(GLOBAL, GLOBAL_BITS) ? NOT_GLOBAL : undefined;
}
