import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { decoded, hostOfUrl, parseSourceUrl } from '../../net/source-url.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import { safeName } from '../../values/text/safe-name.ts';
import { withoutEnd } from '../../values/text/without-end.ts';

export interface SftpTarget {
  /** As given; for messages only, and redacted there. */
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly path: string;
  /** Made safe for any file system. */
  readonly name: string;
  readonly password: string | undefined;
  readonly key: { readonly privateKey: string; readonly passphrase?: string } | undefined;
  readonly fingerprint: string | undefined;
}

/**
 * As curl reads it: the path is absolute, `/~/` leads to the home folder.
 * @throws PieceworkError `InvalidUrl`, `InvalidOption`, …
 */
export function sftpTarget(from: SourceLocator, defaultUser: string | undefined): SftpTarget {
  const url = parseSourceUrl(from.url, 'sftp://user@host/path');
  const path = decoded(url, `${url.pathname}${url.search}`, 'path').replace(/^\/~\//, './');
  if (path.includes('\0'))
    throw new PieceworkError('InvalidUrl', `${redactUrl(url.href)}: the path has a NUL character, which no path can`);
  if (path === '' || path.endsWith('/')) {
    throw new PieceworkError('SourceIsFolder', `${redactUrl(url.href)} is a folder; give the URL of one file`);
  }
  return {
    url,
    host: hostOfUrl(url),
    port: url.port === '' ? 22 : Number(url.port),
    path,
    name: safeName(path.split('/').at(-1) ?? '') ?? 'download',
    fingerprint: fingerprintOf(from, url),
    ...identityOf(from, url, defaultUser),
  };
}

function identityOf(
  from: SourceLocator,
  url: URL,
  defaultUser: string | undefined,
): Pick<SftpTarget, 'user' | 'password' | 'key'> {
  const { auth } = from;
  const urlUser = decoded(url, url.username, 'user');
  const urlPassword = url.password === '' ? undefined : decoded(url, url.password, 'password');
  if (auth?.kind === 'bearer' || auth?.kind === 'aws') {
    throw new PieceworkError(
      'InvalidOption',
      `${redactUrl(url.href)}: SFTP knows a password, a private key and an agent`,
    );
  }
  if (auth?.kind === 'basic' && urlPassword !== undefined) {
    throw new PieceworkError(
      'InvalidOption',
      `${redactUrl(url.href)}: a password is given more than once; give it in the URL or as an option`,
    );
  }
  const user = auth?.user ?? (urlUser === '' ? defaultUser : urlUser);
  if (user === undefined || user === '') {
    throw new PieceworkError('InvalidOption', `${redactUrl(url.href)}: no user is given; write sftp://user@host/path`);
  }
  const password = auth?.kind === 'basic' ? auth.password : urlPassword;
  return { user, password, key: auth?.kind === 'key' ? auth : undefined };
}

function fingerprintOf(from: SourceLocator, url: URL): string | undefined {
  const given =
    from.hostFingerprint === undefined
      ? undefined
      : withoutEnd(from.hostFingerprint.trim(), (character) => character === '=');
  if (given === undefined || /^SHA256:[A-Za-z0-9+/]{43}$/.test(given)) return given;
  throw new PieceworkError(
    'InvalidOption',
    `${redactUrl(url.href)}: the fingerprint of the host must be SHA256: and 43 characters, as ssh-keygen -lf prints it`,
  );
}
