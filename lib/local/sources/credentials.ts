import { readUserFile } from '../../disk/user-file.ts';
import type { Source } from '../../sources/source.ts';
import type { SourceAuth, SourceLocator } from '../../transfer/locators.ts';
import { decodedOrAsIs } from '../../values/web/decoded.ts';
import { readUrl } from '../../values/web/read-url.ts';
import { loginFor, readNetrc } from './netrc.ts';

export interface OutsideCredentials {
  /** Puts a secret in the place of its reference. */
  readonly secret: (text: string) => string;
  /** Asked where a URL brings no password of its own. @default not at all */
  readonly netrcFile?: string;
  /** For `sftp:` URLs that bring neither password nor key. */
  readonly identity?: { readonly file: string; readonly passphrase?: string };
}

/**
 * The same source, with credentials that stand outside of the locator. They are put in at each call and nowhere kept,
 * so what is recorded of a transfer never holds them, and `retry` finds them again.
 */
export function withCredentials(source: Source, credentials: OutsideCredentials): Source {
  return {
    ...source,
    probe: async (from, firstBytes, call) => source.probe(complete(from, credentials), firstBytes, call),
    open: async (from, snapshot, range, call) => source.open(complete(from, credentials), snapshot, range, call),
  };
}

function complete(from: SourceLocator, credentials: OutsideCredentials): SourceLocator {
  const { headers } = from;
  const found = from.auth === undefined ? outside(from, credentials) : undefined;
  const auth = found ?? (from.auth === undefined ? undefined : mapped(from.auth, credentials.secret));
  return {
    ...from,
    ...(found?.kind === 'basic' ? { url: withoutUser(from.url) } : {}),
    ...(auth === undefined ? {} : { auth }),
    ...(headers === undefined ? {} : { headers: mapped(headers, credentials.secret) }),
  };
}

function outside(from: SourceLocator, { netrcFile, identity }: OutsideCredentials): SourceAuth | undefined {
  const url = URL.parse(from.url);
  if (url === null || url.password !== '' || from.headers?.['authorization'] !== undefined) return undefined;
  const user = url.username === '' ? undefined : decodedOrAsIs(url.username);
  if (url.protocol === 'sftp:' && identity !== undefined) {
    const { passphrase } = identity;
    const privateKey = readUserFile(identity.file, `the private key ${identity.file}`);
    return {
      kind: 'key',
      privateKey,
      ...(user === undefined ? {} : { user }),
      ...(passphrase === undefined ? {} : { passphrase }),
    };
  }
  if (netrcFile === undefined || !/^(https?|ftp|ftps|ftpes|sftp):$/.test(url.protocol)) return undefined;
  const login = loginFor(readNetrc(netrcFile), url.hostname.replace(/^\[|\]$/g, ''), user);
  return login === undefined ? undefined : { kind: 'basic', ...login };
}

/** It stands in what was found; twice would be once too often. */
function withoutUser(text: string): string {
  const url = readUrl(text);
  if (url === undefined) return text;
  url.username = '';
  return url.href;
}

function mapped<T extends object>(values: T, secret: (text: string) => string): T {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? secret(value) : value]),
  ) as T;
}
