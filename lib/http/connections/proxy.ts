import { BlockList, isIP } from 'node:net';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { plainHost } from '../../values/web/hosts.ts';
import { howToWriteLogin, readUrl } from '../../values/web/read-url.ts';

/** As the home read it from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; nothing here reads the environment. */
export interface ProxySettings {
  /** For `https:` sources, by a CONNECT tunnel. `http://` or `https://`; without a scheme, `http://`. @default none */
  readonly httpsProxy?: string;
  /** For `http:` sources, by forwarding (RFC 9112 §3.2.2). @default none */
  readonly httpProxy?: string;
  /**
   * Hosts reached directly, by comma or space: `example.com` (and all under it), `.example.com`, `*.example.com`
   * (only those under it), `host:port`, an address, a block such as `10.0.0.0/8`, or `*`. @default none
   */
  readonly noProxy?: string;
}

/** The proxy for a URL, or `undefined`: go there directly. @throws PieceworkError `InvalidOption`. */
export function proxyFor(url: URL, settings: ProxySettings): string | undefined {
  const text = url.protocol === 'https:' ? settings.httpsProxy : settings.httpProxy;
  if (text === undefined || text.trim() === '' || isExempt(url, settings.noProxy ?? '')) return undefined;
  return proxyUrl(text.trim());
}

/** A proxy's URL as people write it (`proxy:3128`), completed. @throws PieceworkError `InvalidOption`. */
export function proxyUrl(text: string): string {
  const url = readUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new PieceworkError(
      'InvalidOption',
      `the proxy ${redactUrl(text)} is not usable: it must be http://host:port or https://host:port${howToWriteLogin(text).replace(/,[^,]*$/, '')}`,
    );
  }
  return url.href;
}

function isExempt(url: URL, noProxy: string): boolean {
  const host = plainHost(url.hostname) ?? url.hostname;
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(host, port, entry.toLowerCase()));
}

function matches(host: string, port: string, entry: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inBlock(host, entry);
  const [, bracketed, bracketedPort, plain, plainPort] =
    /^(?:\[([^\]]+)\](?::(\d+))?|([^:]+)(?::(\d+))?)$/.exec(entry) ?? [];
  const wantedPort = bracketedPort ?? plainPort;
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const wanted = plainHost(bracketed ?? plain ?? entry) ?? '';
  if (wanted.startsWith('*.')) return host.endsWith(wanted.slice(1));
  const bare = wanted.replace(/^\./, '');
  return bare !== '' && (host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`)));
}

function inBlock(host: string, entry: string): boolean {
  const [address = '', bits = ''] = entry.split('/', 2);
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > most) return false;
  const block = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  block.addSubnet(address, Number(bits), kind);
  return block.check(host, kind);
}
