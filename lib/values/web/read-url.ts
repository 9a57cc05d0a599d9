import { withPathAsWritten } from './written-path.ts';

/** What stands between `scheme://` and the path. */
const AUTHORITY = /^\s*([a-z][a-z0-9+.-]*):[\\/]{2,}([^\\/?#]*)(.*)$/is;

/**
 * A slash in a password ends the authority: `ftp://me:12/SECRET@host/f` is the host `me`, the port 12 and a path with
 * `@`. `sure`: nothing else can be meant by a host that is one word, a port, and an `@` after it. `perhaps`: a path
 * may have an `@` of its own, so it is contacted, but not shown.
 */
export function misreadLogin(text: string): 'none' | 'perhaps' | 'sure' {
  const [, scheme = '', authority = '', rest = ''] = AUTHORITY.exec(text) ?? [];
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1);
  const end = withPathAsWritten(text) === text ? rest.search(/[?#]/) : -1;
  const path = end > 0 ? rest.slice(0, end) : rest;
  if (hostAndPort === '' || !path.includes('@') || /^file$/i.test(scheme)) return 'none';
  const host = hostAndPort.replace(/:\d*$/, '').toLowerCase();
  // No user has such a name.
  if (host.startsWith('[') || /^(?:localhost|.*\.localhost|[\d.]+)$/.test(host)) return 'none';
  if (host.length < hostAndPort.length) return host.includes('.') ? 'perhaps' : 'sure';
  // In S3 it is a bucket, and needs a colon to be a login.
  return host.includes('.') || scheme.toLowerCase() === 's3' ? 'none' : 'perhaps';
}

/**
 * A URL that can be taken as it is read: `undefined` as well where it is a login that was not percent-encoded. The path
 * of what is no web URL is as it was written, but for `.` and `..` (`hasDotSegments`).
 */
export function readUrl(text: string): URL | undefined {
  const url = URL.parse(withPathAsWritten(text));
  if (url === null || misreadLogin(text) === 'sure') return undefined;
  // Without `//` it names no host: `me:password@host/path` has the scheme `me:`.
  return url.host === '' && url.protocol !== 'file:' && text.includes('@') ? undefined : url;
}

/** The second half of a sentence that refuses a URL, where a login in it may be the reason; else nothing. */
export function howToWriteLogin(text: string): string {
  return text.includes('@')
    ? '; in user and password / is written %2F, ? %3F, # %23 and @ %40, or they are given apart (-u USER:PASS, auth)'
    : '';
}
