import { cleaned, redactUrl } from '../../errors/redact.ts';
import { readUrl } from '../../values/web/read-url.ts';
import { NOT_DECODED } from '../input/characters.ts';

export type SourceUrl =
  | { readonly url: string; readonly parsed: URL }
  | { readonly problem: string; readonly code: 'InvalidEntry' | 'UnsupportedScheme' };

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const UNWRITABLE = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const NOT_TAKEN = 'has a scheme that is not taken here';
const MOST_SHOWN = 80;

/** An absolute URL of a scheme that is allowed, from what the list has; a relative one belongs to the base. */
export function sourceUrl(text: string, base: string | undefined, schemes: ReadonlySet<string>): SourceUrl {
  const refused = (problem: string, code: 'InvalidEntry' | 'UnsupportedScheme' = 'InvalidEntry') => ({ problem, code });
  if (text.includes(NOT_DECODED)) return refused('the URL has bytes that are not UTF-8');
  if (UNWRITABLE.test(text)) return refused('the URL has control characters (NUL, or ends of lines)');
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (/^\s*#/.test(text)) return refused('it has a comment for a URL');
    if (base === undefined) return refused(`"${shown(text)}" is no URL: it has no scheme, and the list no base`);
    const resolved = URL.parse(text, base);
    if (resolved === null) return refused(`"${shown(text)}" leads nowhere under the base`);
    if (!schemes.has(resolved.protocol.slice(0, -1)))
      return refused(`${redactUrl(resolved.href)} ${NOT_TAKEN}`, 'UnsupportedScheme');
    return { url: resolved.href, parsed: resolved };
  }
  if (!schemes.has(scheme)) return refused(`${redactUrl(text)} ${NOT_TAKEN}`, 'UnsupportedScheme');
  const url = readUrl(text);
  if (url === undefined) return refused(`${redactUrl(text)} is no URL`);
  return url.host === '' && scheme !== 'file'
    ? refused(`${redactUrl(text)} names no host`)
    : { url: text, parsed: url };
}

/** Without a scheme it may be anything, a secret too. */
function shown(text: string): string {
  return cleaned(text.split(/[?#]/, 1)[0] ?? '', MOST_SHOWN);
}
