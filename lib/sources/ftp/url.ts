import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { decoded, hasControlCharacters, hostOfUrl, parseSourceUrl } from '../../net/source-url.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import { safeName } from '../../values/text/safe-name.ts';

/**
 * `none`: as FTP was made. `explicit`: AUTH TLS on the normal port (RFC 4217). `either`: TLS from the first byte, or
 * AUTH TLS where the server greets in the clear; never without TLS.
 */
export type FtpSecurity = 'none' | 'explicit' | 'either';

export interface FtpTarget {
  /** As given; for messages only, and redacted there. */
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  /** Both of them. */
  readonly server: string;
  readonly security: FtpSecurity;
  readonly user: string;
  readonly password: string;
  /** The path's bytes as latin1 text, which is how they go over the control connection. */
  readonly path: string;
  /** Made safe for any file system. */
  readonly name: string;
}

const SCHEMES: Readonly<Record<string, { readonly port: number; readonly security: FtpSecurity }>> = {
  'ftp:': { port: 21, security: 'none' },
  'ftps:': { port: 990, security: 'either' },
  'ftpes:': { port: 21, security: 'explicit' },
};

/** RFC 1738 §3.2, and curl's habits where it is silent. @throws PieceworkError `InvalidUrl`, `InvalidOption`, … */
export function ftpTarget(from: SourceLocator): FtpTarget {
  const url = parseSourceUrl(from.url, 'ftp://host/path');
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined) {
    throw new PieceworkError('UnsupportedScheme', `${redactUrl(from.url)}: not an ftp:, ftps: or ftpes: URL`);
  }
  const { path, name } = pathOf(url);
  const host = hostOfUrl(url);
  const port = url.port === '' ? scheme.port : Number(url.port);
  return {
    url,
    host,
    port,
    server: `${host}:${port}`,
    security: scheme.security,
    ...credentialsOf(from, url),
    path,
    name,
  };
}

function pathOf(url: URL): { readonly path: string; readonly name: string } {
  // FTP knows no query: a question mark is a letter like any other.
  const [pathname = '', type] = `${url.pathname}${url.search}`.split(/;type=([^/;]*)$/i);
  checkType(url, type);
  // What follows the slash after the host: relative to where the login leads; `//` and `/%2F` mean the root.
  const bytes = bytesOf(pathname.slice(1));
  if (hasControlCharacters(bytes)) {
    throw new PieceworkError(
      'InvalidUrl',
      `${redactUrl(url.href)}: the path has control characters, which FTP can't carry`,
    );
  }
  if (bytes === '' || bytes.endsWith('/')) {
    throw new PieceworkError('SourceIsFolder', `${redactUrl(url.href)} is a folder; give the URL of one file`);
  }
  const last = Buffer.from(bytes.split('/').at(-1) ?? '', 'latin1').toString('utf8');
  // Servers take a leading space for the end of the command, and some a leading dash for an option of `ls`.
  const path = /^[ -]/.test(bytes) ? `./${bytes}` : bytes;
  return { path, name: safeName(last) ?? 'download' };
}

function checkType(url: URL, type: string | undefined): void {
  switch (type?.toLowerCase()) {
    case undefined:
    case '':
    case 'i':
      return;
    case 'd':
      throw new PieceworkError('SourceIsFolder', `${redactUrl(url.href)} asks for a folder (;type=d); give one file`);
    default:
      throw new PieceworkError(
        'InvalidUrl',
        `${redactUrl(url.href)}: files are brought byte for byte, so ;type=i is the only type there is`,
      );
  }
}

/** Percent-decoded to bytes: names need not be UTF-8. */
function bytesOf(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function credentialsOf(from: SourceLocator, url: URL): { readonly user: string; readonly password: string } {
  const inUrl = url.username !== '' || url.password !== '';
  const { auth } = from;
  if (auth !== undefined && auth.kind !== 'basic') {
    throw new PieceworkError('InvalidOption', `${redactUrl(url.href)}: FTP knows user and password only`);
  }
  if (auth !== undefined && url.password !== '') {
    throw new PieceworkError(
      'InvalidOption',
      `${redactUrl(url.href)}: credentials are given more than once; give them in the URL or as an option`,
    );
  }
  const given =
    auth ??
    (inUrl
      ? { user: decoded(url, url.username, 'user'), password: decoded(url, url.password, 'password') }
      : ANONYMOUS);
  if (hasControlCharacters(given.user + given.password)) {
    throw new PieceworkError('InvalidOption', `${redactUrl(url.href)}: user or password has control characters`);
  }
  return { user: given.user, password: given.password };
}

/** RFC 1635; the password is a courtesy that no server checks. */
const ANONYMOUS = { user: 'anonymous', password: 'anonymous@' };
