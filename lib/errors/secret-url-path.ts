import { decodedOrAsIs } from '../values/web/decoded.ts';
import type { PieceworkError } from './error.ts';
import { redactUrl } from './redact.ts';
import { withTexts } from './with-texts.ts';

/** A shorter segment stands in too many sentences that have nothing to do with it. */
const LEAST_SEGMENT = 4;

/** A redacted URL, and nothing of its path. */
export function withoutPath(shown: string): string {
  const [, host = shown, path = '', rest = ''] = /^([^/]*:\/\/[^/?#]*)(\/[^?#]*)?(.*)$/s.exec(shown) ?? [];
  return path === '' || path === '/' ? shown : `${host}/***${rest}`;
}

/** As it is shown and stored: where the caller says that the path is secret too, without it. */
export function shownUrl({ url, secretPath }: { readonly url: string; readonly secretPath?: boolean }): string {
  return secretPath === true ? withoutPath(redactUrl(url)) : redactUrl(url);
}

/**
 * The same error, with nothing of the path of `url` in it, nor of the path of any other URL (a redirect may repeat the
 * secret). Its cause is left out unless it is known to hold none.
 */
export function withoutSecretPath(error: PieceworkError, url: string): PieceworkError {
  const secrets = textsOf(url);
  return withTexts(error, (text) => hide(text, secrets));
}

/** How a path may stand in a sentence: whole or by segment, as written, as a URL has it, decoded; the longest first. */
function textsOf(text: string): readonly string[] {
  const paths = [text, URL.parse(text)?.href ?? ''].map((url) => url.replace(/^[^/]*:\/*[^/?#]*\/?|[?#].*$/gs, ''));
  const all = paths.flatMap((path) => [path, ...path.split('/')]).flatMap((part) => [part, decodedOrAsIs(part)]);
  return [...new Set(all)].filter((part) => part.length >= LEAST_SEGMENT).sort((a, b) => b.length - a.length);
}

function hide(text: string, secrets: readonly string[]): string {
  const withoutPaths = text.replace(/\S+/g, (word) => {
    const end = word.length - (/[:;,.)"']*$/.exec(word.slice(-8))?.[0].length ?? 0);
    return word.includes('://') ? `${withoutPath(word.slice(0, end))}${word.slice(end)}` : word;
  });
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), withoutPaths);
}
