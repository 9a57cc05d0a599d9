import { printable } from '../values/text/printable.ts';
import { misreadLogin, readUrl } from '../values/web/read-url.ts';
import { redactPath } from './secret-paths.ts';

const MOST_UNPARSED = 200;

/**
 * A URL as it may be shown and stored: no user, no password, no query value, no fragment, no token of a known shape
 * in its path. Any query value may be a credential (presigned links, tokens under any name), so none is kept; names
 * are, since they help to recognise a URL. Of what can't be read as a URL, nothing is shown of its authority, nor of
 * what stands before its last `@`.
 */
export function redactUrl(text: string): string {
  const url = shownUrl(text);
  if (url === undefined) return redactUnreadable(text);
  const user = url.username !== '' || url.password !== '' ? '***@' : '';
  return `${url.protocol}//${user}${afterUser(url)}`;
}

/** True when `redactUrl` takes something away, or has done so: such a URL can't be used again from what was stored. */
export function holdsSecret(text: string): boolean {
  const url = shownUrl(text);
  if (url === undefined || url.username !== '' || url.password !== '' || url.search !== '') return true;
  if (shownHost(url) !== url.host) return true;
  return redactPath(url.pathname) !== url.pathname || url.pathname.includes('***');
}

function afterUser(url: URL): string {
  // A parameter without a value may itself be the token: its name is not kept either.
  const names = [...url.searchParams].map(([name, value]) =>
    value === '' ? '***' : `${encodeURIComponent(name)}=***`,
  );
  const query = names.length > 0 ? `?${names.join('&')}` : url.search !== '' ? '?***' : '';
  return `${shownHost(url)}${redactPath(url.pathname)}${query}`;
}

/** No host's name has an equals sign: what stands there was meant for another place. */
function shownHost({ host }: URL): string {
  return host.includes('=') ? '***' : host;
}

/** The URL, where the text is one and its authority is surely what its writer meant. */
function shownUrl(text: string): URL | undefined {
  const url = readUrl(text);
  const hasHost = url !== undefined && (url.host !== '' || url.protocol === 'file:');
  return hasHost && misreadLogin(text) === 'none' ? url : undefined;
}

/** Up to its last `@` it may all be one login, with whatever was not encoded in it; or that `@` stands in a query. */
function redactUnreadable(text: string): string {
  const [, scheme = '', slashes = ''] = /^\s*([a-z][a-z0-9+.-]{0,31}:)([\\/]{2})?/i.exec(text) ?? [];
  const known = slashes === '' ? '' : `${scheme}//`;
  const at = text.lastIndexOf('@');
  if (at >= 0) {
    const url = URL.parse(`${known === '' ? 'https://' : known}${text.slice(at + 1)}`);
    const mayBeQuery = /[?#]/.test(text.slice(0, at));
    return `${known}***${mayBeQuery || url === null || url.host === '' ? '' : `@${afterUser(url)}`}`;
  }
  if (scheme !== '') return `${known === '' ? scheme : known}***`;
  return cleaned(text.split(/[?#]/, 1)[0] ?? '', MOST_UNPARSED);
}

/** A destination as it was written, for a sentence that refuses it: with an `@` it may hold a password. */
export function redactPlace(text: string): string {
  return text.includes('@') ? redactUrl(text) : text;
}

const HEADERS = /\b((?:proxy-)?authorization|(?:set-)?cookie|x-amz-security-token|x-api-key)\b\s*[:=]\s*[^\r\n]*/gi;

/**
 * Removes from a foreign message (of a library, of a server) whatever looks like a URL with credentials or a
 * signature, or like a token. Cuts it to `most` characters first, and looks at each character a fixed number of times.
 */
export function redactText(text: string, most = 1000): string {
  return cut(text, most)
    .replace(HEADERS, '$1: ***')
    .replace(/\b(bearer|basic)\s+(?=\S*[\d=])[^\s,;"']{6,}/gi, '$1 ***')
    .replace(/\S+/g, redactWord);
}

/** The same on one line, and printable. */
export function cleaned(text: string, most?: number): string {
  return printable(redactText(text, most));
}

/** A word that is cut may be half of a secret that is not recognised as one. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const short = text.slice(0, most);
  return `${short.slice(0, Math.max(0, short.search(/\s\S*$/)))} …`;
}

function redactWord(word: string): string {
  return redactPath(
    withoutLogin(word)
      .split(/(?=[?&])/)
      .map(redactParameter)
      .join(''),
  );
}

/** `scheme://…@` or `user:password@`, also where a slash in the password hides that it is one. */
function withoutLogin(word: string): string {
  const slashes = word.indexOf('://');
  const at = word.lastIndexOf('@');
  if (slashes < 0) {
    const colon = word.indexOf(':');
    return colon >= 0 && colon < at ? `***${word.slice(at)}` : word;
  }
  const start = slashes - (/[a-z0-9+.-]*$/i.exec(word.slice(Math.max(0, slashes - 32), slashes))?.[0].length ?? 0);
  const authority = word.slice(slashes + 3);
  const end = authority.search(/[\\/?#]/);
  const isReadable = URL.canParse(word.slice(start)) && misreadLogin(word.slice(start)) === 'none';
  const last = isReadable && end >= 0 ? authority.lastIndexOf('@', end) : authority.lastIndexOf('@');
  if (last >= 0) return `${word.slice(0, slashes + 3)}***${authority.slice(last)}`;
  return isReadable ? word : `${word.slice(0, slashes + 3)}***`;
}

function redactParameter(part: string): string {
  const equals = part.indexOf('=');
  return /^[?&]/.test(part) && equals > 1 && equals < part.length - 1 ? `${part.slice(0, equals + 1)}***` : part;
}
