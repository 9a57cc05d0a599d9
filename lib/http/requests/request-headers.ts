import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { SourceAuth, SourceLocator } from '../../transfer/locators.ts';
import { FIELD_NAME, FIELD_VALUE } from '../../values/web/http-fields.ts';
import { howToWriteLogin, readUrl } from '../../values/web/read-url.ts';
import type { Headers } from '../grammar/headers.ts';

/** A locator, checked and taken apart. */
export interface CallerRequest {
  /** Without user, password and fragment. */
  readonly url: URL;
  /** For the URL's own origin, credentials included. Names in lower case. */
  readonly headers: Headers;
}

/**
 * What the transfer itself says with these: a caller's value would break the range check, the framing or the routing.
 */
const OURS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Safe to show to everyone. An allow-list: what a header of the caller's own means, we can't know. */
const HARMLESS = new Set(['accept', 'accept-language', 'user-agent']);

/** @throws PieceworkError `InvalidUrl`, `UnsupportedScheme`, `InvalidOption`. */
export function callerRequest(from: SourceLocator, userAgent: string): CallerRequest {
  const url = parseHttpUrl(from.url);
  const headers: Record<string, string> = { accept: '*/*', 'user-agent': userAgent };
  for (const [name, value] of Object.entries(from.headers ?? {})) {
    headers[checkedName(name)] = checkedValue(name, value);
  }
  const credentials = [
    ...(from.auth === undefined ? [] : [authorization(from.auth)]),
    ...userInfo(url),
    ...(headers['authorization'] === undefined ? [] : [headers['authorization']]),
  ];
  if (credentials.length > 1) {
    throw new PieceworkError(
      'InvalidOption',
      `${redactUrl(from.url)}: credentials are given more than once; give them in the URL, as an option or as a header`,
    );
  }
  if (credentials[0] !== undefined) headers['authorization'] = credentials[0];
  url.username = '';
  url.password = '';
  url.hash = '';
  return { url, headers };
}

/** What of the caller's headers may go to an origin that the caller didn't name. */
export function harmlessHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

/** Whether there is anything that a server could know the caller by. */
export function hasCredentials(headers: Headers): boolean {
  return Object.keys(headers).some((name) => !HARMLESS.has(name));
}

function parseHttpUrl(text: string): URL {
  const url = readUrl(text);
  if (url === undefined) {
    const hint = howToWriteLogin(text);
    throw new PieceworkError('InvalidUrl', `not a URL: ${redactUrl(text)}; it looks like https://host/path${hint}`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new PieceworkError('UnsupportedScheme', `${redactUrl(text)}: not an http: or https: URL`);
  }
  return url;
}

function userInfo(url: URL): string[] {
  if (url.username === '' && url.password === '') return [];
  try {
    return [
      authorization({
        kind: 'basic',
        user: decodeURIComponent(url.username),
        password: decodeURIComponent(url.password),
      }),
    ];
  } catch (thrown) {
    throw thrown instanceof PieceworkError ? thrown : badlyEncoded(url, thrown);
  }
}

function badlyEncoded(url: URL, cause: unknown): PieceworkError {
  return new PieceworkError(
    'InvalidUrl',
    `${redactUrl(url.href)}: user or password is not percent-encoded UTF-8; write % as %25`,
    { cause },
  );
}

/** RFC 7617 (in UTF-8) and RFC 6750. */
function authorization(auth: SourceAuth): string {
  if (auth.kind === 'bearer') return `Bearer ${checkedValue('the bearer token', auth.token)}`;
  if (auth.kind !== 'basic')
    throw new PieceworkError('InvalidOption', 'HTTP takes user and password, or a bearer token');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are forbidden (RFC 7617 §2)
  if (auth.user.includes(':') || /[\u0000-\u001f\u007f]/.test(auth.user + auth.password)) {
    throw new PieceworkError(
      'InvalidOption',
      'basic authentication knows no colon in the user name and no control characters; check user and password',
    );
  }
  return `Basic ${Buffer.from(`${auth.user}:${auth.password}`, 'utf8').toString('base64')}`;
}

function checkedName(name: string): string {
  const lower = name.toLowerCase();
  if (!FIELD_NAME.test(lower)) {
    throw new PieceworkError('InvalidOption', `${JSON.stringify(name.slice(0, 60))} is not a header name`);
  }
  if (lower === 'proxy-authorization') {
    throw new PieceworkError(
      'InvalidOption',
      "the header proxy-authorization can't be given; put user and password into the proxy's URL",
    );
  }
  if (OURS.has(lower)) {
    throw new PieceworkError(
      'InvalidOption',
      `the header ${lower} can't be given: Piecework sets it to fetch ranges safely`,
    );
  }
  return lower;
}

/** The value is not shown: it may be a credential. */
function checkedValue(name: string, value: string): string {
  const trimmed = value.trim();
  if (!FIELD_VALUE.test(trimmed)) {
    throw new PieceworkError(
      'InvalidOption',
      `the value of ${name.toLowerCase()} has line breaks or characters that a header can't carry`,
    );
  }
  return trimmed;
}
